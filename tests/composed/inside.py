"""docker-compose.yml as its containers see it, told for processes of this machine: other places and ports, no more."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.servers import free_port

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
ADDRESSES = ("postgres:5432", "minio:9000", "elasticsearch:9200", "web:8000", "proxy:8443", "proxy:8080")
HOST_NAME = "localhost"


class Inside:
    """root holds what would be volumes; `at` is where each address of a container lies here."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.secrets = root / "secrets"
        self.at = {address: f"127.0.0.1:{free_port()}" for address in ADDRESSES}
        made = root / "made"
        subprocess.run([ROOT / "deploy/make-secrets", HOST_NAME, made], check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(made, self.secrets)
        self.secrets.chmod(0o755)  # Docker mounts each file by itself: what lies around it closes nobody out
        for path in self.secrets.iterdir():
            path.chmod(0o644)
            path.write_text(self.here(path.read_text()))

    @property
    def public_host(self) -> str:
        return f"{HOST_NAME}:{self.port('proxy:8443')}"

    @property
    def url(self) -> str:
        return f"https://{self.public_host}"

    @property
    def ca_file(self) -> Path:
        return self.secrets / "ca.pem"

    def port(self, address: str) -> int:
        return int(self.at[address].rpartition(":")[2])

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text().strip()

    def here(self, told: str, more: Mapping[str, str] | None = None) -> str:
        places = {**self.at, "/run/secrets": str(self.secrets), **(more or {})}
        longest_first = sorted(places, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: places[found[0]], told)

    def environment(self, service: str, machine: str | None = None) -> dict[str, str]:
        """machine: whose /data it is, by default the service's own."""
        data = self.root / (machine or service)
        data.mkdir(exist_ok=True)
        (self.root / "keys").mkdir(exist_ok=True)
        instead = {
            "ARCHIVE_DATA": str(data),
            "ARCHIVE_KEYS": str(self.root / "keys"),
            "ARCHIVE_HOST": "127.0.0.1",
            "ARCHIVE_PORT": str(self.port("web:8000")),
            "ARCHIVE_TRUSTED_PROXIES": "127.0.0.1",
        }
        told = {name: str(value) for name, value in SERVICES[service].get("environment", {}).items()}
        told = {name: re.sub(r"\$\{PUBLIC_HOST[^}]*\}", self.public_host, value) for name, value in told.items()}
        return {name: instead.get(name, self.here(value)) for name, value in told.items()}

    def command(self, service: str) -> list[str]:
        """Entry point and command, with this Python for the image's."""
        told = SERVICES[service]
        entrypoint = told.get("entrypoint", [sys.executable, "-m", "archive.cli.main"])
        words = [*entrypoint, *told.get("command", [])]
        return [sys.executable if word == "/app/.venv/bin/python" else str(word) for word in words]

    def healthy(self, service: str, more: Mapping[str, str], **environment: str) -> bool:
        """What Docker would be told by the service's own health check."""
        kind, *words = SERVICES[service]["healthcheck"]["test"]
        words = [self.here(word.replace("$$", "$"), more) for word in words]
        words = [sys.executable if word == "/app/.venv/bin/python" else word for word in words]
        command = ["/bin/sh", "-c", words[0]] if kind == "CMD-SHELL" else words
        done = subprocess.run(
            command, check=False, cwd=ROOT, capture_output=True, env={"PATH": "/usr/bin:/bin", **environment}
        )
        return done.returncode == 0
