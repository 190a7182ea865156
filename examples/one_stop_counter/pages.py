"""The counter's pages: each takes what was typed, does one act, shows the dossier or what stands in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from fastapi.templating import Jinja2Templates

from examples.one_stop_counter import words
from examples.one_stop_counter.archive_client import Refused, Unreachable
from examples.one_stop_counter.counter import Counter, Mistake

RECENT = 20
UNREACHED = (
    "Không nối được với kho hồ sơ, nên chưa biết việc vừa gửi đã xong chưa. "
    "Gửi lại: lấy giấy hay nộp tệp hai lần vẫn chỉ được ghi một lần."
)
EXPLAINED = {
    401: "Kho không nhận mã truy cập của quầy này. Báo người vận hành: mã sai, hết hạn hoặc đã bị thu hồi.",
    403: "Tài khoản của quầy này không có quyền làm việc đó trong kho. Báo người vận hành kho.",
    429: "Quầy đang hỏi kho quá nhanh. Chờ một phút rồi gửi lại.",
}
REFUSALS = (KeyError, Mistake, Refused, Unreachable)

router = APIRouter()
templates = Jinja2Templates(Path(__file__).with_name("templates"))
templates.env.filters["day"] = words.day
templates.env.globals.update(how=words.HOW, kinds=words.KINDS, states=words.STATES)


class Desk:
    """One request."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.counter: Counter = request.app.state.counter

    def start(self, refusal: Exception | None = None, given: dict[str, str] | None = None) -> Response:
        """The question. given: what was typed, without the owner's identifier: that is typed anew."""
        status, problem = explained(refusal) if refusal else (200, "")
        recent = self.counter.dossiers.recent(RECENT)
        return self._page("desk.html", status, recent=recent, problem=problem, given=given or {})

    def dossier(self, reference: str, refusal: Exception | None = None, more: list[str] | None = None) -> Response:
        dossier = self.counter.dossiers.get(reference)
        if dossier is None:
            return self.start(KeyError(reference))
        status, problem = explained(refusal) if refusal else (422 if more else 200, "")
        problems = [*([problem] if problem else []), *(more or [])]
        found: dict[str, dict[str, Any]] = {}
        try:
            found = self.counter.states(dossier)
        except (Refused, Unreachable) as no:
            problems.append(explained(no)[1])
        papers = [paper for lookup in dossier.lookups for paper in lookup["papers"]]
        said = {each["reference"]: (words.validity(each["validity"]), words.trust(each["trust"])) for each in papers}
        return self._page("dossier.html", status, dossier=dossier, said=said, found=found, problems=problems)

    def again(self, reference: str) -> Response:
        return RedirectResponse(f"/dossiers/{quote(reference, safe='')}", status_code=303)

    def _page(self, name: str, status: int, **told: Any) -> Response:
        return templates.TemplateResponse(self.request, name, {"counter": self.counter, **told}, status_code=status)


async def _typed(request: Request) -> dict[str, str]:
    """A form whose fields depend on the dossier."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Here = Annotated[Desk, Depends(Desk)]
Typed = Annotated[dict[str, str], Depends(_typed)]
Text = Annotated[str, Form()]


@router.get("/")
def start(desk: Here) -> Response:
    return desk.start()


@router.post("/lookups")
def look_up(desk: Here, typed: Typed) -> Response:
    given = {name: typed.get(name, "").strip() for name in ("reference", "wanted", "kind", "on")}
    try:
        dossier = desk.counter.ask(given, typed.get("owner", "").strip())
    except REFUSALS as refusal:
        return desk.start(refusal, given)
    return desk.again(dossier.reference)


@router.get("/dossiers/{reference}")
def show(desk: Here, reference: str) -> Response:
    return desk.dossier(reference)


@router.post("/dossiers/{reference}/uses")
def take(desk: Here, reference: str, lookup: Text = "", paper: Text = "", how: Text = "") -> Response:
    try:
        desk.counter.take(reference, lookup, paper, how)
    except REFUSALS as refusal:
        return desk.dossier(reference, refusal)
    return desk.again(reference)


@router.get("/dossiers/{reference}/papers/{paper}")
def show_copy(desk: Here, reference: str, paper: str) -> Response:
    try:
        content = desk.counter.copy(reference, paper)
    except REFUSALS as refusal:
        return desk.dossier(reference, refusal)
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": "inline"})


@router.post("/dossiers/{reference}/scans")
def scan(desk: Here, reference: str, files: Annotated[list[UploadFile] | None, File()] = None) -> Response:
    given = [(each.filename, each.file) for each in files or [] if each.filename]
    try:
        refused = desk.counter.scan(reference, given)
    except REFUSALS as refusal:
        return desk.dossier(reference, refusal)
    return desk.dossier(reference, more=refused) if refused else desk.again(reference)


@router.post("/dossiers/{reference}/form")
def keep_form(desk: Here, reference: str, typed: Typed) -> Response:
    try:
        desk.counter.keep_form(reference, typed)
    except REFUSALS as refusal:
        return desk.dossier(reference, refusal)
    return desk.again(reference)


@router.post("/dossiers/{reference}/result")
def file_result(desk: Here, reference: str, typed: Typed, file: UploadFile | None = None) -> Response:
    try:
        desk.counter.keep_form(reference, typed)
        if file is None or not file.filename:
            raise Mistake("Chọn tệp quét của kết quả đã ký. Biểu mẫu đã được lưu.")
        desk.counter.file_result(reference, file.filename, file.file)
    except REFUSALS as refusal:
        return desk.dossier(reference, refusal)
    return desk.again(reference)


def explained(refusal: Exception) -> tuple[int, str]:
    """(status, what the officer is told)."""
    if isinstance(refusal, Refused):
        return refusal.status, EXPLAINED.get(refusal.status, str(refusal))
    if isinstance(refusal, Unreachable):
        return 502, UNREACHED
    if isinstance(refusal, KeyError):
        return 404, f"Quầy này không có {refusal.args[0]}. Mở lại hồ sơ từ danh sách ở dưới."
    return 422, str(refusal)
