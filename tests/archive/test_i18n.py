from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from archive import errors, i18n
from archive.errors import ArchiveError, NotFound

ROOT = Path(__file__).parents[2]
PACKAGES = ("archive", "ocr")  # findings of the others name their rule, not a text
PLACEHOLDER = re.compile(r"\{(\w+)[^}]*\}")


def error_classes(kind: type[ArchiveError]) -> Iterator[type[ArchiveError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from error_classes(below)


def prefixes() -> set[str]:
    return {message_id.partition(".")[0] for message_id in i18n.catalog("vi")}


def ids_in_code() -> Iterator[tuple[str, str]]:
    """String literals that look like an id of the catalog: a known first part, then names joined by dots."""
    shape = re.compile(rf"({'|'.join(sorted(prefixes()))})(\.[a-z0-9_]+)+")
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from (
                        (f"{path.relative_to(ROOT)}:{node.lineno}", argument.value)
                        for argument in node.args
                        if isinstance(argument, ast.Constant)
                        and isinstance(argument.value, str)
                        and shape.fullmatch(argument.value)
                        and _tells_people(node)
                    )


def _tells_people(call: ast.Call) -> bool:
    """i18n.text(...), an error, a refusal: whatever takes a message id first."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in {"text", "say", "_"} or (name[:1].isupper() and name not in {"ForeignKey", "Index"})


def test_every_id_in_the_code_has_its_vietnamese_text() -> None:
    missing = [f"{place}: {message_id}" for place, message_id in ids_in_code() if message_id not in i18n.catalog("vi")]
    assert missing == []


def test_every_error_has_its_vietnamese_text() -> None:
    assert {kind.message_id for kind in error_classes(errors.ArchiveError)} - set(i18n.catalog("vi")) == set()


def test_english_adds_no_id_and_no_placeholder() -> None:
    vietnamese, english = i18n.catalog("vi"), i18n.catalog("en")
    assert set(english) - set(vietnamese) == set()
    for message_id, text in english.items():
        assert set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(vietnamese[message_id])), message_id


def test_every_text_can_be_filled() -> None:
    for language in i18n.LANGUAGES:
        for message_id in i18n.catalog(language):
            assert i18n.text(message_id, language=language)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_tables_and_keys_are_in_order(language: str) -> None:
    order: list[str] = []
    prefix = ""
    for line in (ROOT / "archive" / "i18n" / f"{language}.toml").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            prefix = line.strip("[]")
        elif re.match(r"[\w-]+ *=", line):
            order.append(f"{prefix}.{line.partition('=')[0].strip()}")
    assert len(order) == len(i18n.catalog(language)), "one message a line"
    assert order == sorted(order, key=lambda message_id: message_id.rpartition("."))


def test_texts_are_filled_and_fall_back_to_vietnamese() -> None:
    assert i18n.text("error.not_found", what="lô LO-1") == "Không tìm thấy lô LO-1. Hãy kiểm tra lại mã."
    assert i18n.text("page.api.title", language="en") == i18n.text("page.api.title")


def test_what_is_missing_hides_no_failure() -> None:
    assert i18n.text("no.such_message") == "no.such_message"
    assert "…" in i18n.text("error.not_found")


def test_a_value_cannot_smuggle_a_placeholder() -> None:
    assert "{x.__class__}" in i18n.text("error.not_found", what="{x.__class__}")


def test_an_error_tells_its_text() -> None:
    assert str(NotFound(what="hồ sơ 1")) == "Không tìm thấy hồ sơ 1. Hãy kiểm tra lại mã."


def test_a_date_in_a_message_is_written_as_people_write_it() -> None:
    assert "05/02/2026" in i18n.text("agency.ended_already", code="H26", day=date(2026, 2, 5))


def test_every_error_has_its_english_text() -> None:
    """Programs and operators are told in English what went wrong."""
    kinds = {kind.__name__ for kind in error_classes(ArchiveError)} | {"Refusal"}
    named = {
        reason
        for path in (ROOT / "archive").rglob("*.py")
        for reason in _reasons(ast.parse(path.read_text("utf-8")), kinds)
    }
    known = {reason for reason in named if reason in i18n.catalog("vi")}
    assert known - i18n.catalog("en").keys() == set()


def _reasons(module: ast.Module, kinds: set[str]) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in kinds:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value
        elif isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(node.value, ast.Constant):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            if any(isinstance(target, ast.Name) and target.id == "message_id" for target in targets):
                yield str(node.value.value)
