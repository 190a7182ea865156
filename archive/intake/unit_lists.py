"""Public lists of administrative units after 1 July 2025, as rows of an import: the new wards of one province with
their numbers, the old ones with the districts they stood in, and which went into which.

Two files in JSON: the units (`[{"FullName", "Wards": [{"Code", "FullName"}]}]`), and new to old
(`{"wards": {…: {"new_ward_name", "new_province_name", "old_wards": [{"old_ward_id", "old_ward_name",
"old_district_name"}]}}}`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from archive.errors import InvalidInput
from archive.intake.agency_rows import AgencyRow, AgencyRows, SuccessionRow
from archive.intake.sheets import SheetFinding
from metadata.agency_identifiers import Scheme
from ocr.letters import fold, nfc

FILE_BYTES = 20 << 20
_WORDS = re.compile(r"\w+")
_KINDS = {  # how a name begins, folded -> letters of its code, kind of agency
    "thanh pho": ("TP", "district"),
    "thi tran": ("TT", "township"),
    "dac khu": ("DK", "commune"),
    "thi xa": ("TX", "district"),
    "phuong": ("P", "ward"),
    "huyen": ("H", "district"),
    "quan": ("Q", "district"),
    "xa": ("X", "commune"),
}


@dataclass(frozen=True, slots=True)
class Reform:
    """What the lists do not say. parent: the agency below which the new wards and the old districts stand."""

    province: str
    parent: str
    effective_on: date
    legal_basis: str


@dataclass(frozen=True, slots=True)
class _OldWard:
    name: str
    district: str


def unit_rows(units: Path, former: Path, reform: Reform) -> AgencyRows:
    """Raises InvalidInput for files of another form, and for a province that is not in them."""
    numbers = _numbers(_read(units), reform.province)
    try:
        wards = [
            (str(ward["new_ward_name"]), {str(old["old_ward_id"]): _old(old) for old in ward["old_wards"]})
            for ward in _read(former)["wards"].values()
            if _same(ward["new_province_name"], reform.province)
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("agency.list_form", field="former", path=former.name) from error
    findings = tuple(_missing(numbers, [name for name, _ in wards]))
    if findings:
        return AgencyRows(findings=findings)
    return _rows(numbers, wards, reform)


def unit_code(name: str, within: str = "") -> str:
    """A code that people can read: P.BADINH; of an old ward with its district, for names came more than once."""
    letters, rest = _parts(name)
    return ".".join(part for part in (letters, rest, _parts(within)[1] if within else "") if part)


def _rows(
    numbers: Mapping[str, tuple[str, str]], wards: list[tuple[str, dict[str, _OldWard]]], reform: Reform
) -> AgencyRows:
    shares = Counter(old_id for _, olds in wards for old_id in olds)
    agencies: dict[str, AgencyRow] = {}
    successions: list[SuccessionRow] = []
    day_before = date.fromordinal(reform.effective_on.toordinal() - 1)
    for line, (name, olds) in enumerate(wards, 1):
        number, full_name = numbers[_key(name)]
        goes_on = len(olds) == 1 and all(shares[id_] == 1 and _same(old.name, name) for id_, old in olds.items())
        new = _row(line, unit_code(full_name), full_name, reform.parent, reform.effective_on)
        begun = None if goes_on else reform.effective_on
        agencies[new.code] = replace(new, valid_from=begun, identifiers=((str(Scheme.UNIT), number),))
        for old_id, old in olds.items() if not goes_on else ():
            district = _row(line, unit_code(old.district), old.district, reform.parent, day_before)
            district = replace(district, last_day=day_before, legal_basis=reform.legal_basis)
            agencies.setdefault(district.code, district)
            ward = _row(line, unit_code(old.name, old.district), old.name, district.code, day_before)
            agencies.setdefault(ward.code, ward)
            successions.append(
                SuccessionRow(
                    line=line,
                    predecessor=ward.code,
                    successor=new.code,
                    kind="split" if shares[old_id] > 1 else "merger",
                    effective_on=reform.effective_on,
                    legal_basis=reform.legal_basis,
                    partial=shares[old_id] > 1,
                )
            )
    return AgencyRows(tuple(agencies.values()), tuple(successions))


def _row(line: int, code: str, name: str, parent: str, acted_on: date) -> AgencyRow:
    kind = next((kind for start, (_, kind) in _KINDS.items() if _key(name).startswith(f"{start} ")), None)
    return AgencyRow(line, code, name, kind=kind, parent=parent, acted_on=acted_on)


def _numbers(provinces: Any, province: str) -> dict[str, tuple[str, str]]:
    """Folded name of a ward -> its number and name."""
    try:
        found = next((each for each in provinces if _same(each["FullName"], province)), None)
        if found is None:
            known = ", ".join(str(each["FullName"]) for each in provinces)
            raise InvalidInput("agency.list_province", field="province", province=province, known=known)
        return {_key(ward["FullName"]): (str(ward["Code"]), str(ward["FullName"])) for ward in found["Wards"]}
    except (KeyError, TypeError) as error:
        raise InvalidInput("agency.list_form", field="units", path=province) from error


def _missing(numbers: Mapping[str, tuple[str, str]], mapped: list[str]) -> Iterator[SheetFinding]:
    """The two lists must tell of the same wards, each name once."""
    counted = Counter(_key(name) for name in mapped)
    for line, name in enumerate(mapped, 1):
        if _key(name) not in numbers:
            yield SheetFinding(line, "new_ward_name", "agency.list_no_number", {"name": name})
        elif counted[_key(name)] > 1:
            yield SheetFinding(line, "new_ward_name", "agency.list_twice", {"name": name})
    for key, (number, name) in numbers.items():
        if key not in counted:
            yield SheetFinding(0, "FullName", "agency.list_no_former", {"name": name, "number": number})


def _old(old: Mapping[str, Any]) -> _OldWard:
    return _OldWard(str(old["old_ward_name"]), str(old["old_district_name"]))


def _read(path: Path) -> Any:
    if path.stat().st_size > FILE_BYTES:
        raise InvalidInput("sheet.too_big", field="list", megabytes=FILE_BYTES >> 20)
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInput("agency.list_form", field="list", path=path.name) from error


def _parts(name: str) -> tuple[str, str]:
    """Letters of its kind, and the rest of the name run together."""
    key = _key(name)
    for start, (letters, _) in _KINDS.items():
        if key.startswith(f"{start} "):
            return letters, _letters(key.removeprefix(f"{start} "))
    return "", _letters(key)


def _letters(key: str) -> str:
    return "".join(letter for letter in key.upper() if letter.isascii() and letter.isalnum())


def _key(name: str) -> str:
    """Its words. Tones are set in two ways (Hoà, Hòa), so they tell nothing here."""
    return " ".join(_WORDS.findall(fold(nfc(str(name)))))


def _same(one: str, other: str) -> bool:
    return _key(one) == _key(other)
