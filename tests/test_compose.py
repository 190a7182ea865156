"""docker-compose.yml against the schema of the specification, and against what program and tests really have."""

from __future__ import annotations

import copy
import json
import re
import shlex
import stat
import subprocess
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema.validators import validator_for

from archive.cli.main import _parser
from archive.db.embedded import binaries
from archive.settings import Settings
from archive.web.api import health

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("hanoi-archive:")}
ONE_SHOT = {"object-store-account", "setup", "archive"}
WRITTEN_BY_THE_OPERATOR = {"archive-token"}  # what `archive setup` prints
DOCKERFILES = sorted((ROOT / "deploy").glob("*/Dockerfile"))


def schema_errors(document: dict[str, Any]) -> list[str]:
    text = resources.files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text("utf-8")
    schema = json.loads(text)
    return [f"{list(error.path)}: {error.message}" for error in validator_for(schema)(schema).iter_errors(document)]


def environment(name: str) -> dict[str, str]:
    return {key: str(value) for key, value in SERVICES[name].get("environment", {}).items()}


def mounted(name: str) -> dict[str, str]:
    """Secret -> where its file lies in the container."""
    told = [given if isinstance(given, dict) else {"source": given} for given in SERVICES[name].get("secrets", [])]
    return {each["source"]: each.get("target", f"/run/secrets/{each['source']}") for each in told}


def words_of(name: str) -> list[str]:
    service = SERVICES[name]
    test = service.get("healthcheck", {}).get("test", [])
    return [str(word) for part in ("entrypoint", "command") for word in service.get(part, [])] + list(test)


def variable(path: str, name: str) -> str:
    """The value that a script gives to a variable."""
    found = re.search(rf"^(?:ARG )?{name}=(\S+)$", (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert found is not None, f"{path}: {name}"
    return found[1]


@pytest.fixture(scope="module")
def secrets_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("made") / "secrets"
    make_secrets("luutru.test", str(directory))
    return directory


def make_secrets(*words: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / "deploy/make-secrets"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if words:
        assert done.returncode == 0, done.stderr
    return done


def test_the_file_keeps_to_the_compose_specification() -> None:
    assert schema_errors(COMPOSE) == []


def test_the_schema_would_notice_a_mistake() -> None:
    for place, value in (("depends_on", {"x": {"condition": "service_well"}}), ("memory", 3), ("restart", ["always"])):
        wrong = copy.deepcopy(COMPOSE)
        wrong["services"]["web"][place] = value
        assert schema_errors(wrong) != [], place


def test_every_setting_named_is_one_of_the_program() -> None:
    secret = {setting.name for setting in Settings.described() if setting.secret}
    known = {setting.name for setting in Settings.described()} | {f"{name}_FILE" for name in secret}
    for name in SERVICES:
        named = {key for key in environment(name) if key.startswith("ARCHIVE_")}
        assert named <= known, name
        assert not named & secret, f"{name}: a secret is given by file"
    assert {key for name in OURS for key in environment(name)} >= {
        "ARCHIVE_DATABASE_URL_FILE", "ARCHIVE_OBJECT_STORE_URL_FILE", "ARCHIVE_SEARCH_URL_FILE", "ARCHIVE_CA_FILE",
    }  # fmt: skip


def test_settings_can_be_read_as_they_stand(secrets_made: Path) -> None:
    (secrets_made / "archive-token").write_text("token\n")
    for name in OURS:
        given = {
            key: re.sub(r"\$\{PAGES_SUBNET:-(.*)\}", r"\1", re.sub(r"\$\{PUBLIC_HOST:[^}]*\}", "luutru.test", value))
            for key, value in environment(name).items()
            if key.startswith("ARCHIVE_")
        }
        inside = {key: value.replace("/run/secrets", str(secrets_made)) for key, value in given.items()}
        read = Settings.read(inside)
        assert read.production, name
    (secrets_made / "archive-token").unlink()


def test_every_command_is_understood_by_the_real_parser() -> None:
    run = {name: service["command"] for name, service in OURS.items() if "entrypoint" not in service}
    assert {"setup", "web", "worker"} <= set(run)
    for words in run.values():
        parser, _ = _parser(words)
        parser.parse_args(words)  # would exit with 2


def test_the_commands_of_the_documents_are_understood() -> None:
    text = (ROOT / "docs/production.md").read_text(encoding="utf-8") + (ROOT / "docker-compose.yml").read_text("utf-8")
    named = re.findall(r"docker compose run --rm (?:-v \S+ )*(setup|archive)((?: +[a-z][a-z-]*)*)", text)
    assert named
    for service, rest in named:
        words = (rest.split() or SERVICES[service]["command"]) if service == "archive" else ["setup"]
        parser, _ = _parser(words[:1])
        assert words[0] in parser.format_help(), words


def test_health_is_asked_where_the_service_answers() -> None:
    paths = {getattr(route, "path", "") for route in health.router.routes}
    asked = {
        name: urlsplit(address)
        for name in ("web", "proxy")
        for address in re.findall(r"https?://[^\s'\")]+", " ".join(words_of(name)))
    }
    assert {address.path for address in asked.values()} <= paths
    assert asked["web"].port == int(environment("web")["ARCHIVE_PORT"])
    assert f"listen {asked['proxy'].port} ssl" in (ROOT / "deploy/proxy/nginx.conf").read_text()
    assert f":{asked['proxy'].port}" in SERVICES["proxy"]["ports"][0]


def test_ports_agree_between_the_servers_and_those_who_call_them(secrets_made: Path) -> None:
    called = {
        urlsplit((secrets_made / name).read_text().strip()).netloc.rpartition("@")[2]
        for name in ("database-url", "object-store-url", "search-url")
    }
    assert called == {"postgres:5432", "minio:9000", "elasticsearch:9200"}
    assert "--address=:9000" in SERVICES["minio"]["command"]
    configuration = (ROOT / "deploy/proxy/nginx.conf").read_text()
    assert set(re.findall(r"set \$\w+ (\S+);", configuration)) == {
        f"http://web:{environment('web')['ARCHIVE_PORT']}", "https://minio:9000",
    }  # fmt: skip
    bucket = urlsplit((secrets_made / "object-store-url").read_text().strip()).path.strip("/")
    assert f"location /{bucket}-objects/" in configuration


def test_images_are_pinned_and_the_servers_are_those_of_the_tests() -> None:
    for name, service in SERVICES.items():
        image, _, tag = service["image"].rpartition(":")
        assert image, name
        assert tag != "latest", name
    assert variable("deploy/minio/Dockerfile", "MINIO") == variable(".ci/get-servers", "MINIO")
    assert SERVICES["minio"]["image"].rpartition(":")[2] in variable(".ci/get-servers", "MINIO")
    assert SERVICES["elasticsearch"]["image"] == "elasticsearch:" + variable(".ci/get-servers", "ELASTICSEARCH")
    told = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    assert SERVICES["postgres"]["image"] == f"postgres:{told.split()[-1]}-bookworm"
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {service["image"] for service in OURS.values()} == {f"hanoi-archive:{version}"}


def test_only_the_proxy_is_published_and_the_servers_see_no_other_network() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    open_networks = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}
    assert open_networks == {"edge"}
    assert [name for name, service in SERVICES.items() if "edge" in service["networks"]] == ["proxy"]
    assert "servers" not in SERVICES["proxy"]["networks"]
    assert all("network_mode" not in service and "privileged" not in service for service in SERVICES.values())


def test_the_pages_believe_the_network_of_the_proxy_and_no_other() -> None:
    [network] = COMPOSE["networks"]["pages"]["ipam"]["config"]
    assert environment("web")["ARCHIVE_TRUSTED_PROXIES"] == network["subnet"]
    assert {name for name, service in SERVICES.items() if "pages" in service["networks"]} == {"web", "proxy"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_held_within_limits(name: str) -> None:
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only") is (None if name == "elasticsearch" else True)
    assert service["logging"]["options"]["max-size"]
    if name in ONE_SHOT:
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["stop_grace_period"]
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_nothing_starts_before_what_it_needs_is_well() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
            assert how["condition"] == expected, f"{name} -> {other}"
    assert {"postgres", "elasticsearch", "object-store-account"} <= set(SERVICES["setup"]["depends_on"])
    assert all("setup" in SERVICES[name]["depends_on"] for name in ("web", "worker"))


def test_secrets_are_files_that_the_script_makes(secrets_made: Path) -> None:
    used = {secret for name in SERVICES for secret in mounted(name)}
    assert used == set(COMPOSE["secrets"])
    assert all(told["file"] == f"secrets/{name}" for name, told in COMPOSE["secrets"].items())
    assert used - {path.name for path in secrets_made.iterdir()} == WRITTEN_BY_THE_OPERATOR
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    for name in SERVICES:
        named = re.findall(
            r"/run/secrets/[\w.-]+|certs/[\w-]+\.(?:pem|key)", " ".join([*words_of(name), *environment(name).values()])
        )
        there = " ".join(mounted(name).values())
        assert [path for path in named if path not in there] == [], name


def test_no_password_is_written_anywhere() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for path in [ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*")]
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert [found for text in texts for found in re.findall(r"://[\w-]+:[\w-]+@", text)] == []
    for name in SERVICES:
        secret = {
            key: value
            for key, value in environment(name).items()
            if re.search(r"PASSWORD|SECRET|TOKEN|ROOT_USER|_URL", key)
        }
        literal = {
            key for key, value in secret.items() if not value.startswith(("/run/secrets/", "https://${PUBLIC_HOST"))
        }
        assert literal == set(), name


def test_made_secrets_are_random_and_never_overwritten(secrets_made: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets_made.iterdir()}
    assert stat.S_IMODE(secrets_made.stat().st_mode) == 0o700
    make_secrets("another.test", str(secrets_made))
    assert {path.name: path.read_bytes() for path in secrets_made.iterdir()} == before
    make_secrets("luutru.test", str(tmp_path / "other"))
    same = {name for name, content in before.items() if (tmp_path / "other" / name).read_bytes() == content}
    assert same == set()


def test_a_secret_that_was_removed_is_made_anew_and_the_others_stay(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"
    make_secrets("luutru.test", str(directory))
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    (directory / "minio.pem").unlink()
    make_secrets("luutru.test", str(directory))
    after = {path.name: path.read_bytes() for path in directory.iterdir()}
    assert {name for name, content in before.items() if after[name] != content} == {"minio.pem"}


@pytest.mark.parametrize("words", [(), ("",), ("luu tru",), ("-x",), ("a/b",)])
def test_without_a_name_of_the_host_no_secret_is_made(words: tuple[str, ...], tmp_path: Path) -> None:
    given = (*words, str(tmp_path / "secrets")) if words else ()
    command = [str(ROOT / "deploy/make-secrets"), *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "TÊN_MÁY" in done.stderr
    assert not (tmp_path / "secrets").exists()


def test_the_image_holds_what_the_set_up_installs() -> None:
    setup = (ROOT / "scripts/setup").read_text(encoding="utf-8")
    needed = setup.partition("missing_packages() {")[2].partition('[ "$level" = dev ]')[0]
    packages = {word for line in re.findall(r"echo ((?:[a-z0-9-]+ ?)+)", needed) for word in line.split()}
    assert {"tesseract-ocr-vie", "python3-venv", "npm"} <= packages
    assert packages <= set(re.findall(r"[a-z][a-z0-9-]+", (ROOT / "deploy/archive/Dockerfile").read_text()))


def test_the_image_holds_every_package_of_the_program_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    copied = [shlex.split(line)[1:-1] for line in dockerfile_lines(ROOT / "deploy/archive/Dockerfile", "COPY ")]
    sources = {source for words in copied for source in words if not words[0].startswith("--from")}
    let_in = {
        line[1:]
        for line in (ROOT / "deploy/archive/Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    assert packages <= sources
    assert sources == let_in
    assert all((ROOT / source).exists() for source in sources)


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_images_are_made_from_tagged_ones_and_run_as_nobody_in_particular(path: Path) -> None:
    stages = {words[2] for line in dockerfile_lines(path, "FROM ") if len(words := line.split()[1:]) == 3}
    bases = {line.split()[1] for line in dockerfile_lines(path, "FROM ")} - stages
    assert bases
    assert all(":" in base and not base.endswith(":latest") for base in bases)
    assert dockerfile_lines(path, "USER ")[-1].split()[1] != "root"
    assert dockerfile_lines(path, "ENTRYPOINT ")


def dockerfile_lines(path: Path, instruction: str) -> list[str]:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.startswith(instruction)]
