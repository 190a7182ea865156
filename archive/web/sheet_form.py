"""The form of an import: a sheet is chosen, its dry run is shown, and it is confirmed without being chosen again.

A page posts to itself twice. The first form (`sheets.html`: `choose`) brings the file; the answer shows what the import
would change or what is wrong, with `confirm`, whose hidden field carries the rows on. Both arrive as a SheetForm:

    @router.post("/programme/import")
    async def imported(visit: SignedIn, request: Request) -> Response:
        return await run_in_threadpool(_imported, visit, await sheet_form(request))

    def _imported(visit: Visit, form: SheetForm) -> Response:
        if form.sheet is None: ...                     # show the first form again with form.problem
        ...                                            # the action checks form.sheet anew either way
        if form.confirmed and not findings: ...        # done: visit.back(...)
        return visit.page("….html", form=form, findings=findings, ...)

The handler is async and takes SignedIn: sheet_form itself asks for the token of the form, once it knows its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from archive.errors import FileTooBig, InvalidInput
from archive.intake.sheets import CARRIED_BYTES, FILE_BYTES, Sheet, carried, carried_sheet, read_sheet
from archive.web.body_limit import STREAMED
from archive.web.deps import own_form
from ocr.scratch import scratch

FORM_BYTES = 1 << 20  # what the form itself adds to its sheet
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class SheetForm:
    """given: the other fields; problem: why there is no sheet; carried: the sheet for `confirm` of sheets.html."""

    given: Mapping[str, str]
    sheet: Sheet | None = None
    carried: str = ""
    confirmed: bool = False
    problem: str | None = None


async def sheet_form(request: Request) -> SheetForm:
    """The fields are `sheet` (a file) or `carried`, `confirmed`, and whatever else the page asks."""
    announced = request.headers.get("content-length", "")
    if not announced.isdigit():
        raise InvalidInput("web.bad_request", field="content-length")
    if int(announced) > FILE_BYTES + FORM_BYTES:
        raise FileTooBig(limit_bytes=FILE_BYTES)
    request.scope[STREAMED] = True
    async with request.form(max_files=1, max_part_size=CARRIED_BYTES) as form:
        await own_form(request)
        return await run_in_threadpool(_read, form)


def _read(form: FormData) -> SheetForm:
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    brought, file = given.pop("carried", ""), form.get("sheet")
    confirmed = bool(given.pop("confirmed", ""))
    try:
        if brought:
            return SheetForm(given, carried_sheet(brought), brought, confirmed)
        if not (isinstance(file, UploadFile) and file.filename):
            raise InvalidInput("sheet.not_chosen", field="sheet")
        sheet = _uploaded(file)
        return SheetForm(given, sheet, carried(sheet))
    except InvalidInput as wrong:
        return SheetForm(given, problem=str(wrong))


def _uploaded(file: UploadFile) -> Sheet:
    with scratch() as folder:
        path = Path(folder) / "sheet"
        with path.open("wb") as out:
            while block := file.file.read(BLOCK):
                out.write(block)
        return read_sheet(path)
