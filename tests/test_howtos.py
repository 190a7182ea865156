"""How-tos call things as the pages do, and each role has its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.access.permissions import Role
from archive.i18n import catalog
from examples.one_stop_counter import pages, words
from examples.one_stop_counter.counter import read_procedures

HOWTO = Path(__file__).parents[1] / "docs" / "howto"
OF_ROLE = {Role.SERVICE: "service-developer"}
SAID = re.compile(r"(?<![*\w])\*([^*\n]+(?:\n[^*\n]+)?)\*(?![*\w])")


def said_by_pages() -> str:
    templates = Path(pages.__file__).with_name("templates")
    counter = [path.read_text(encoding="utf-8") for path in templates.glob("*.html")]
    counter += [paper for procedure in read_procedures() for paper in procedure.papers]
    return "\n".join([*catalog("vi").values(), *counter, *words.HOW.values()])


@pytest.mark.parametrize("role", Role, ids=str)
def test_every_role_has_its_how_to_with_a_picture_and_what_to_do_when_refused(role: Role) -> None:
    name = OF_ROLE.get(role, role.replace("_", "-")) + ".md"
    text = (HOWTO / name).read_text(encoding="utf-8")
    assert "](../screenshots/" in text
    assert re.search("^## (Khi|When|Cần biết)", text, re.M)
    assert f"]({name})" in (HOWTO / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("role", Role, ids=str)
def test_what_a_how_to_names_is_on_the_pages(role: Role) -> None:
    """In italics stands what a page says, word for word; `…` is what differs each time."""
    text = (HOWTO / (OF_ROLE.get(role, role.replace("_", "-")) + ".md")).read_text(encoding="utf-8")
    pages_say = said_by_pages()
    unknown = {
        part
        for quoted in SAID.findall(text)
        for part in re.split(r"\s*…\s*", " ".join(quoted.split()))
        if part and part not in pages_say
    }
    assert not unknown
