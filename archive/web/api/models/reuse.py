"""Reuse: what a public service asks, what it is told of what is on file, and what it takes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from archive import i18n
from archive.actions.reuse import OwnerKind, Question
from archive.queries.reuse import LookupAnswer, PaperUse, Use
from archive.queries.validity import ValidityState
from archive.web.api.models.records import Answer, Asked, Value

LOOKUP = "Yk3v0bXnJ9mQ2sLd8RtZwA"
PAPER = "TD03.2025.0001.0000003"


def _plain(text: str) -> str:
    if any(not letter.isprintable() for letter in text):
        raise ValueError("no control characters")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_plain)]
"""One line of text; its longest length is said where it is used."""


class Owner(Asked):
    """Whose paper. The value is read from this body, used to find papers, and kept nowhere."""

    kind: OwnerKind = Field(default=OwnerKind.PERSON, description="person: 12 or 9 digits; enterprise: 10 or 13")
    value: Line = Field(max_length=60, examples=["000000000001"])


class LookupQuestion(Asked):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "owner": {"kind": "person", "value": "000000000001"},
                    "paper": "Giấy khai sinh",
                    "procedure": "1.001193",
                    "purpose": "Đăng ký kết hôn",
                    "dossier_reference": "H26.18-251122-0007",
                    "on": "2026-11-22",
                }
            ]
        }
    )
    owner: Owner
    paper: Line = Field(max_length=120, description="name of a kind of document", examples=["Giấy khai sinh"])
    procedure: Line = Field(max_length=60, description="code of the administrative procedure", examples=["1.001193"])
    purpose: Line = Field(max_length=300, description="what for; kept in the trail", examples=["Đăng ký kết hôn"])
    dossier_reference: Line = Field(
        max_length=60, description="the dossier of the procedure that needs the paper", examples=["H26.18-251122-0007"]
    )
    on: date | None = Field(default=None, description="the day on which the paper must be valid; today if not given")

    def question(self) -> Question:
        return Question(
            self.owner.kind,
            self.owner.value,
            self.paper,
            self.procedure,
            self.purpose,
            self.dossier_reference,
            self.on,
        )


class PaperValidity(Answer):
    state: ValidityState = Field(description="not_stated: the paper names no end, or its dates do not decide this day")
    valid_from: str | None = Field(description="as on the paper; year, year-month or day")
    valid_until: str | None = Field(description="its last day")
    on: date


class PaperTrust(Answer):
    published_on: date | None
    second_person: bool = Field(description="reviewed by one person, published by another, and nothing changed since")
    doubtful_fields: int = Field(description="fields that the machine read badly and nobody confirmed")
    read_confidence: float | None = Field(description="of the whole text, 0 to 1")
    corrected_fields: list[str] = Field(description="fields that a person gave another value than was read")
    master_sha256: str | None
    sealed_sha256: str | None = Field(description="of the PDF that is handed out")
    verified_at: datetime | None = Field(description="when both were last compared with their digests")


class PaperHolder(Answer):
    """Only enough to see that it is the same person."""

    name: str | None = Field(examples=["N. C. Nghĩa"])
    identifier: str | None = Field(examples=["…001"])


class LookupPaper(Answer):
    reference: str = Field(examples=[PAPER])
    type_name: str
    number: str | None
    issued_date: str | None
    organ_name: str | None
    level: str = Field(description="open or conditional")
    validity: PaperValidity
    trust: PaperTrust
    holder: PaperHolder


class Lookup(Answer):
    """What is on file. The answer is the same where nothing is, and where it is not the asker's to know."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"lookup": LOOKUP, "on_file": False, "sandbox": False, "on": "2026-11-22", "papers": []}]
        }
    )
    lookup: str = Field(description="names this answer; its papers may be taken within a day", examples=[LOOKUP])
    on_file: bool
    sandbox: bool = Field(description="invented people: the account is for trying out")
    on: date
    papers: list[LookupPaper]

    @classmethod
    def of(cls, answer: LookupAnswer) -> Lookup:
        return cls.model_validate(answer)


class UseAsked(Asked):
    how: Use = Field(
        description="information: data are taken over; check: data are compared; form: a form is filled in; "
        "replacement: it replaces a paper that the owner would have had to bring"
    )


class FilledField(Answer):
    name: str = Field(examples=["holder_name"])
    label: str = Field(description="in Vietnamese", examples=["Họ tên người được cấp"])
    value: Value
    by_person: bool = Field(description="said or confirmed by a person")
    doubtful: bool


class ReuseUse(Answer):
    """A paper was taken: the fields for the form, and where its sealed copy is."""

    reference: str = Field(examples=[PAPER])
    how: Use
    used_at: datetime
    sandbox: bool
    fields: list[FilledField]
    pdf: str | None = Field(description="path of the sealed PDF, for a day after the lookup; null if there is none")

    @classmethod
    def of(cls, use: PaperUse, pdf: str) -> ReuseUse:
        fields: list[dict[str, Any]] = [
            {
                "name": each.name,
                "label": i18n.text(f"page.field.{each.name}"),
                "value": each.value,
                "by_person": each.by_person,
                "doubtful": each.doubtful,
            }
            for each in use.fields
        ]
        return cls(
            reference=use.reference,
            how=use.how,
            used_at=use.used_at,
            sandbox=use.sandbox,
            fields=[FilledField(**field) for field in fields],
            pdf=pdf if use.has_copy else None,
        )


class ReuseEvent(Answer):
    """A public service took a paper that was on file."""

    at: datetime
    paper: str | None = Field(validation_alias="item_code", examples=[PAPER])
    title: str | None = Field(validation_alias="item_title", description="where you may open the paper")
    receipt: str | None = Field(validation_alias="item_receipt", description="where you may open the paper")
    task: int = Field(validation_alias="task_number")
    agency: str = Field(validation_alias="agency_code")
    agency_name: str
    service: str = Field(validation_alias="service_login")
    service_name: str
    procedure: str
    purpose: str
    dossier_reference: str
    how: Use


class ReuseShare(Answer):
    key: str = Field(description="as the list of events takes it")
    name: str
    uses: int


class ReuseCounts(Answer):
    uses: int
    papers: int = Field(description="different ones")
    dossiers: int = Field(description="different dossiers of procedures")
    asked: int = Field(description="lookups under agreements of these agencies")
    on_file: int = Field(description="of those, with something on file")
    by_agency: list[ReuseShare]
    by_task: list[ReuseShare]
    by_service: list[ReuseShare]
    by_procedure: list[ReuseShare]
    by_how: list[ReuseShare]
