"""The servers of docker-compose.yml as processes: its commands, settings, certificates, health checks; no container."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from tests.composed.inside import ROOT, SERVICES, Inside
from tests.servers import ElasticsearchServer, MinioServer, PostgresServer, Server

NGINX = ROOT / ".cache/nginx/usr/sbin/nginx"
START = ROOT / "deploy/elasticsearch/start"
NOT_IN_THIS_BUILD = ("ingest.geoip", "xpack.ml")  # modules of the full Elasticsearch


class ComposedPostgres(PostgresServer):
    def __init__(self, directory: Path, programs: Mapping[str, str], inside: Inside) -> None:
        super().__init__(directory, programs)
        self._inside = inside

    @property
    def port(self) -> int:
        return self._inside.port("postgres:5432")

    @property
    def password(self) -> str:
        return self._inside.secret("postgres-password")

    @property
    def url(self) -> str:
        return self._inside.secret("database-url").replace("/archive?", "/postgres?")

    def _command(self) -> list[str]:
        shell, flags, script, name = SERVICES["postgres"]["entrypoint"]
        script = script.replace("$$", "$").replace("docker-entrypoint.sh ", "")
        temporary = {"/tmp/": f"{self.directory}/"}
        asked = [self._inside.here(word, temporary) for word in SERVICES["postgres"]["command"][1:]]
        return [shell, flags, self._inside.here(script, temporary), name, *super()._command(), *asked]

    def _answers(self) -> bool:
        return self._inside.healthy("postgres", {"pg_isready": self._program("pg_isready")}, PGPORT=str(self.port))


class ComposedMinio(MinioServer):
    def __init__(self, directory: Path, programs: Mapping[str, str], inside: Inside) -> None:
        super().__init__(directory, programs)
        self._inside = inside

    def _prepare(self) -> None:
        place_secrets("minio", self._inside, {"/certs": self.directory / "certs"})

    def _command(self) -> list[str]:
        places = {"/certs": f"{self.directory}/certs", "/data": f"{self.directory}/objects"}
        address = {":9000": self._inside.at["minio:9000"]}
        told = [self._inside.here(word, places | address) for word in SERVICES["minio"]["command"]]
        return [self._programs["TEST_MINIO_BINARY"], *told]

    def _environment(self) -> dict[str, str]:
        told = self._inside.environment("minio")
        return super(MinioServer, self)._environment() | told | {"HOME": str(self.directory), "MINIO_UPDATE": "off"}

    def _answers(self) -> bool:
        return self._inside.healthy("minio", {"localhost:9000": self._inside.at["minio:9000"]})


class ComposedElasticsearch(ElasticsearchServer):
    def __init__(self, directory: Path, programs: Mapping[str, str], inside: Inside) -> None:
        super().__init__(directory, programs)
        self._inside = inside

    def _needed(self) -> tuple[Path, ...]:
        return (*super()._needed(), START)

    def _prepare(self) -> None:
        super()._prepare()
        settings = self.directory / "config"
        shutil.copy(ROOT / "deploy/elasticsearch/roles.yml", settings / "roles.yml")
        place_secrets("elasticsearch", self._inside, {"/usr/share/elasticsearch/config": settings})
        written = settings / "elasticsearch.yml"
        kept = [
            line for line in written.read_text().splitlines() if not line.startswith(("http.port", "xpack", "disc"))
        ]
        written.write_text("\n".join([*kept, f"http.port: {self._inside.port('elasticsearch:9200')}\n"]))

    def _command(self) -> list[str]:
        """What the image's own entry point does: settings with a point in their name become options."""
        told = self._inside.environment("elasticsearch")
        settings = [f"-E{name}={value}" for name, value in told.items() if "." in name]
        known = [
            option for option in settings if not option.startswith(tuple(f"-E{name}" for name in NOT_IN_THIS_BUILD))
        ]
        password = str(self._inside.secrets / "elasticsearch-password")
        return ["bash", str(START), password, *super()._command(), *known]

    def _environment(self) -> dict[str, str]:
        environment = super()._environment()
        programs = Path(self._programs["TEST_ELASTICSEARCH_HOME"]) / "bin"
        return environment | {"PATH": f"{programs}:{environment['PATH']}"}

    def _answers(self) -> bool:
        return self._inside.healthy("elasticsearch", {"localhost:9200": self._inside.at["elasticsearch:9200"]})


class Proxy(Server):
    name = "proxy"
    stop_signal = signal.SIGQUIT

    def __init__(self, directory: Path, program: str, inside: Inside) -> None:
        super().__init__(directory, {"nginx": program})
        self._inside = inside

    @property
    def url(self) -> str:
        return self._inside.url

    def _needed(self) -> tuple[Path, ...]:
        return (Path(self._programs["nginx"]),)

    def _prepare(self) -> None:
        """The configuration as it is, but for ports and places; Docker's name server is not asked here."""
        told = (ROOT / "deploy/proxy/nginx.conf").read_text(encoding="utf-8")
        instead = {
            f"listen {name.rpartition(':')[2]}": f"listen {self._inside.at[name]}"
            for name in ("proxy:8080", "proxy:8443")
        }
        instead |= {"/tmp/": f"{self.directory}/", "/dev/stdout": f"{self.directory}/access"}
        assert all(place in told for place in instead), "the configuration names other places now"
        (self.directory / "nginx.conf").write_text(self._inside.here(told, instead), encoding="utf-8")

    def _command(self) -> list[str]:
        configuration = str(self.directory / "nginx.conf")
        return [self._programs["nginx"], "-p", str(self.directory), "-c", configuration, "-g", "daemon off;"]

    def _answers(self) -> bool:
        return self._inside.healthy("proxy", {"127.0.0.1:8443": self._inside.at["proxy:8443"]})


def place_secrets(service: str, inside: Inside, places: Mapping[str, Path]) -> None:
    """Put the secrets that docker-compose.yml mounts elsewhere than /run/secrets where the service looks for them."""
    for told in SERVICES[service]["secrets"]:
        if isinstance(told, dict):
            target = Path(inside.here(told["target"], {there: str(place) for there, place in places.items()}))
            target.parent.mkdir(exist_ok=True)
            shutil.copy(inside.secrets / told["source"], target)
            target.chmod(0o644)
            target.parent.chmod(0o755)
