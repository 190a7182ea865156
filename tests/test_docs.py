"""Docs that can be checked are checked: what exists has its entry, and no entry tells of what does not exist."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import archive
import metadata
import ocr
import search
from archive.access.permissions import Permission, Role
from archive.audit_events import EventTag
from archive.cli.errors import NotYet
from archive.cli.main import COMMANDS
from archive.db.base import Row
from archive.db.states import ItemState
from archive.errors import ArchiveError
from archive.i18n import catalog
from archive.settings import Settings
from metadata.errors import MetadataError
from metadata.model import FieldName
from ocr.errors import OcrError
from search.errors import SearchError

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def entries(document: str) -> set[str]:
    """Words in backquotes that begin a row of a table."""
    text = (DOCS / document).read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE))


def import_everything() -> None:
    for package in (archive, metadata, ocr, search):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("archive.db.migrations"):  # those run inside Alembic alone
                importlib.import_module(module.name)


def kinds(root: type[Exception]) -> set[str]:
    return {root.__name__} | {name for sub in root.__subclasses__() for name in kinds(sub)}


def test_every_permission_has_its_line() -> None:
    listed = {entry for entry in entries("access.md") if ":" in entry}
    assert listed == {str(permission) for permission in Permission}


def test_every_event_of_the_trail_has_its_line() -> None:
    listed = {entry for entry in entries("access.md") if "." in entry}
    assert listed == {str(tag) for tag in EventTag}


def test_every_role_has_its_line() -> None:
    listed = {entry for entry in entries("access.md") if entry.isidentifier()}
    assert listed == {str(role) for role in Role}


def test_every_setting_has_its_line_with_what_the_program_says_of_it() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert entries("settings.md") == {setting.name for setting in Settings.described()}
    for setting in Settings.described():
        secret = "yes" if setting.secret else ""
        assert f"| `{setting.name}` | {setting.unit} | {secret} | {setting.sentence} |" in text


def test_every_command_has_its_line() -> None:
    listed = {entry.split()[1] for entry in entries("operations.md") if entry.startswith("archive ")}
    assert listed == {command.name for command in COMMANDS}


def test_every_error_has_its_line() -> None:
    import_everything()
    ours = {
        name
        for root in (ArchiveError, NotYet, OcrError, MetadataError, SearchError)
        for name in kinds(root)
        if not name.startswith("_")
    }
    listed = {
        entry
        for entry in entries("operations.md")
        if entry.isidentifier() and not entry.isupper() and entry[0].isupper()
    }
    assert listed == ours


def test_every_field_and_state_is_in_the_glossary() -> None:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert entries("glossary.md") == {str(name) for name in FieldName}
    for state in ItemState:
        assert f"`{state}` {catalog('vi')[f'state.{state}']}" in text.replace("\n", " "), state


def test_every_command_and_setting_that_the_documents_name_exists() -> None:
    commands = {command.name for command in COMMANDS}
    settings = {setting.name for setting in Settings.described()}
    settings |= {f"{setting.name}_FILE" for setting in Settings.described() if setting.secret}
    for path in (*DOCS.rglob("*.md"), ROOT / "README.md"):
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"`archive ([a-z]+)", text)) <= commands, path
        assert set(re.findall(r"\bARCHIVE_[A-Z_]+\b", text)) <= settings | {"ARCHIVE_"}, path


def test_every_table_of_the_records_that_the_format_names_exists() -> None:
    text = (DOCS / "storage-format.md").read_text(encoding="utf-8")
    named = {"stored_object", "item", "recognition", "rendition", "receipt", "batch_entry", "audit_event", "audit_link"}
    for table in named:
        assert f"`{table}" in text
        assert table in Row.metadata.tables


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_every_message_that_the_code_names_has_its_text() -> None:
    """Ids of messages are literals: what is asked of the catalog is in it."""
    tables = {key.split(".")[0] for key in catalog("vi")}
    asked = re.compile(
        r"(?:i18n\.text\(|Error\(|Refused\(|Failed\(|Conflict\(|InvalidInput\(|Refusal\(|Missing\()\s*\"([a-z_]+\.[a-z0-9_.]+)\""
    )
    missing = {
        f"{path.relative_to(ROOT)}: {key}"
        for package in ("archive", "search", "ocr", "metadata")
        for path in (ROOT / package).rglob("*.py")
        for key in asked.findall(path.read_text(encoding="utf-8"))
        if key.split(".")[0] in tables and key not in catalog("vi")
    }
    assert not missing
