"""What an officer does at the counter, one function an act: ask, take, scan, file the result."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from examples.one_stop_counter.archive_client import Archive, Refused
from examples.one_stop_counter.dossiers import Dossier, Dossiers

PROCEDURES = Path(__file__).with_name("procedures.toml")
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{2,39}")


class Mistake(Exception):
    """What was typed cannot be taken; `str()` says what to type."""


@dataclass(frozen=True)
class Procedure:
    code: str
    title: str
    papers: tuple[str, ...]


@dataclass(frozen=True)
class Counter:
    """agency, task: where what is scanned here is delivered to; None: this counter scans nothing."""

    archive: Archive
    dossiers: Dossiers
    procedures: tuple[Procedure, ...]
    agency: str | None
    task: int | None

    @property
    def scans(self) -> bool:
        return self.agency is not None and self.task is not None

    def ask(self, given: dict[str, str], owner: str) -> Dossier:
        """given: reference, wanted (`code|paper`), kind, on. The owner's identifier goes into the question alone.

        The answer takes the place of an earlier one of which nothing was taken.
        """
        reference = given["reference"]
        procedure, paper = self._wanted(given["wanted"])
        self._require_open(reference, procedure)
        question = {
            "owner": {"kind": given["kind"], "value": owner},
            "paper": paper,
            "procedure": procedure.code,
            "purpose": procedure.title,
            "dossier_reference": reference,
        }
        answer = self.archive.look_up(question | ({"on": given["on"]} if given["on"] else {}))
        with self.dossiers.changing(reference, new=Dossier(reference, procedure.code, procedure.title)) as dossier:
            taken = {each["lookup"] for each in dossier.taken}
            dossier.lookups = [each for each in dossier.lookups if each["paper"] != paper or each["lookup"] in taken]
            dossier.lookups.insert(0, {"paper": paper, "at": _now(), **answer})
        return dossier

    def take(self, reference: str, lookup: str, paper: str, how: str) -> None:
        """Taking it is what the records service counts; its fields fill in the form where that is still empty."""
        use = self.archive.use(lookup, paper, how)
        with self.dossiers.changing(reference) as dossier:
            if any(each["lookup"] == lookup and each["reference"] == paper for each in dossier.taken):
                return
            dossier.taken.append({"lookup": lookup, "at": _now(), **use})
            for field in use["fields"]:
                told = {"label": field["label"], "value": shown(field["value"]), "doubtful": field["doubtful"]}
                dossier.form.setdefault(field["name"], told)

    def copy(self, reference: str, paper: str) -> bytes:
        """The sealed PDF of a paper that was taken here. Raises KeyError."""
        dossier = self.dossiers.get(reference)
        taken = [each for each in dossier.taken if each["reference"] == paper and each["pdf"]] if dossier else []
        if not taken:
            raise KeyError(paper)
        return self.archive.pdf(taken[-1]["pdf"])

    def scan(self, reference: str, files: list[tuple[str, BinaryIO]]) -> list[str]:
        """Deliver to the records service, each with its receipt. Returns what was not taken and why."""
        if not files:
            raise Mistake("Chọn ít nhất một tệp đã quét.")
        dossier = self._scanning(reference)
        refused: list[str] = []
        for name, content in files:
            try:
                told = self._deliver(dossier, name, content)
            except Refused as no:
                refused.append(f"{name}: {no}")
                continue
            self._keep_scan(reference, name, told)
        return refused

    def file_result(self, reference: str, name: str, content: BinaryIO) -> None:
        """The signed result goes to the records service too; then the delivery is complete and the dossier done."""
        dossier = self._scanning(reference)
        told = self._deliver(dossier, name, content)
        expected = self._keep_scan(reference, name, told)
        self.archive.close_batch(str(dossier.batch), expected, key=dossier.key)
        with self.dossiers.changing(reference) as kept:
            kept.result, kept.filed_at = told["receipt"], _now()

    def keep_form(self, reference: str, form: dict[str, str]) -> None:
        with self.dossiers.changing(reference) as dossier:
            for name, field in dossier.form.items():
                field["value"] = form.get(name, field["value"])

    def states(self, dossier: Dossier) -> dict[str, dict[str, Any]]:
        """By receipt: what became of what was scanned here."""
        found = self.archive.files(dossier.batch) if dossier.batch else []
        return {each["receipt"]: each for each in found if each["receipt"]}

    def _wanted(self, wanted: str) -> tuple[Procedure, str]:
        code, _, paper = wanted.partition("|")
        for procedure in self.procedures:
            if procedure.code == code and paper in procedure.papers:
                return procedure, paper
        raise Mistake("Chọn thủ tục và giấy tờ trong danh sách.")

    def _require_open(self, reference: str, procedure: Procedure) -> None:
        if not REFERENCE.fullmatch(reference):
            raise Mistake(
                "Mã hồ sơ gồm 3 đến 40 chữ không dấu, chữ số, dấu chấm hoặc gạch nối, ví dụ H26.18-251122-0007."
            )
        known = self.dossiers.get(reference)
        if known and known.procedure != procedure.code:
            raise Mistake(f"Hồ sơ {reference} là của thủ tục {known.title}. Chọn thủ tục đó hoặc dùng mã hồ sơ khác.")
        if known and known.filed_at:
            raise Mistake(f"Hồ sơ {reference} đã trả kết quả. Dùng mã hồ sơ khác.")

    def _scanning(self, reference: str) -> Dossier:
        """With an open delivery: one a dossier, opened once however often this is tried."""
        dossier = self.dossiers.get(reference)
        if dossier is None:
            raise KeyError(reference)
        if dossier.filed_at:
            raise Mistake("Hồ sơ đã trả kết quả: không thêm được bản quét.")
        if self.agency is None or self.task is None:
            raise Mistake("Quầy này chưa được nối với kho để nộp bản quét. Báo người vận hành đặt --agency và --task.")
        if dossier.batch is None:
            batch = self.archive.open_batch(self.agency, self.task, key=dossier.key)
            with self.dossiers.changing(reference) as dossier:
                dossier.batch = batch
        return dossier

    def _keep_scan(self, reference: str, name: str, told: dict[str, Any]) -> int:
        """Returns how many there are: a file that was sent twice is one."""
        with self.dossiers.changing(reference) as dossier:
            if all(each["receipt"] != told["receipt"] for each in dossier.scans):
                dossier.scans.append({"name": name, **told})
            return len(dossier.scans)

    def _deliver(self, dossier: Dossier, name: str, content: BinaryIO) -> dict[str, Any]:
        return self.archive.deliver(str(dossier.batch), name, content, key=dossier.key)


def read_procedures(path: Path = PROCEDURES) -> tuple[Procedure, ...]:
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["procedure"]
    return tuple(Procedure(each["code"], each["title"], tuple(each["papers"])) for each in listed)


def shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
