"""Takes all pictures of docs/screenshots anew: `python -m tests.e2e.screenshots [FOLDER]`."""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from archive.access.permissions import Role
from archive.bootstrap import App
from tests.e2e import journey, world
from tests.e2e.conftest import CHROMIUM, FLAGS, sign_in
from tests.examples.running import counter, token_of

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
WIDTH, HEIGHT = 1280, 800
MAX_BYTES = 150_000
NOTICE, MINUTES, PERMIT, _SECRET = world.FILES
KIND, OWNER, REFERENCE = "Giấy phép xây dựng", "001080000123", "H26.18-251122-0007"
INVENTED = "000000000001"
SERVICE, SANDBOX = "quay-mot-cua", "quay-thu-nghiem"


class Camera:
    """A browser for each person, and where the pictures go."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self._browser, self._url, self._folder = browser, url, folder
        self._pages: dict[str, Page] = {}

    def page(self, login: str) -> Page:
        if login not in self._pages:
            self._pages[login] = self.foreign_page(self._url)
            sign_in(self._pages[login], login)
        return self._pages[login]

    def foreign_page(self, url: str) -> Page:
        context = self._browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, base_url=url, locale="vi-VN", reduced_motion="reduce"
        )
        page = context.new_page()
        page.set_default_timeout(90_000)
        return page

    def take(self, name: str, login: str, path: str) -> Page:
        page = self.page(login)
        answer = page.goto(path)
        if answer is None or not answer.ok:
            raise ValueError(f"{path} is not there")
        page.wait_for_load_state("networkidle")
        self.save(page, name)
        return page

    def save(self, page: Page, name: str, *, whole: bool = False) -> None:
        """As few colours as the size allows, so that the repository stays small; rare ones, as of marks, are kept."""
        image = Image.open(io.BytesIO(page.screenshot(full_page=whole))).convert("RGB")
        path = self._folder / f"{name}.png"
        for colours in (128, 64, 48, 32, 24):
            few = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            few.save(path, optimize=True)
            if path.stat().st_size <= MAX_BYTES:
                return
        raise ValueError(f"{path.name} is too big")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        data = Path(scratch) / "data"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--lang=vi"])
        with world.open_holdings(data) as app:
            world.settle(app)
            service = world.serve(data)
            try:
                camera = Camera(browser, service.url, folder)
                receipts = take_delivering(camera)
                take_reading(camera, receipts)
                take_reuse(camera, app, service, Path(scratch), receipts[PERMIT.name])
                take_lists(camera)
            finally:
                service.stop()
        browser.close()


def take_delivering(camera: Camera) -> dict[str, str]:
    """A clerk hands in four papers, and one of them is stopped. Returns file name to receipt."""
    camera.take("overview", "lan", "/")
    lan = camera.take("batch-new", "lan", "/batches/new")
    journey.open_batch(lan, len(world.FILES))
    batch = lan.url.partition("?")[0]
    give_manifest(lan, batch)
    journey.drop(lan, world.FILES)
    lan.locator(".sent tr", has_text="BN-").first.wait_for()
    lan.locator("#sent").evaluate("(part) => part.scrollIntoView()")
    camera.save(lan, "sending")
    receipts = journey.receipts_of(lan, world.FILES)
    lan.get_by_text("đã dừng").or_(lan.get_by_text("chờ duyệt")).first.wait_for(timeout=journey.READ_MS)
    lan.locator("#live").evaluate("(part) => part.scrollIntoView()")
    camera.save(lan, "batch-progress")
    journey.close_batch(lan)
    lan.reload()
    camera.save(lan, "batch-reconciliation")
    camera.take("manifest", "lan", f"{batch}/manifest")
    return receipts


def give_manifest(page: Page, batch: str) -> None:
    """One of its papers has other pages than it says."""
    page.goto(f"{batch}/manifest")
    lines = ["Tên tệp,Số trang", *(f"{file.name},{9 if file == MINUTES else ''}" for file in world.FILES)]
    sheet = "\n".join(lines).encode()
    page.set_input_files("#sheet", {"name": "bang-ke.csv", "mimeType": "text/csv", "buffer": sheet})
    page.get_by_role("button", name="Xem thử").click()
    page.get_by_role("button", name="Lưu bảng kê này").click()
    page.goto(batch)


def take_reading(camera: Camera, receipts: dict[str, str]) -> None:
    for name, login, path in (
        ("dossier", "minh", f"/dossiers/{world.DOSSIER}"),
        ("review-queue", "lan", "/review"),
        ("search", "yen", "/search?q=tiem+chung+mo+rong"),
        ("stopped", "hoa", "/stopped"),
    ):
        camera.take(name, login, path)
    lan = camera.page("lan")
    _open_item(lan, f"/items/{receipts[MINUTES.name]}")
    camera.save(lan, "item")
    lan.keyboard.press("e")
    camera.save(lan, "item-correcting")
    yen = camera.page("yen")
    _open_item(yen, f"/items/{receipts[NOTICE.name]}?q=tiêm+chủng")
    camera.save(yen, "item-hit")
    lan.set_viewport_size({"width": 390, "height": 844})
    _open_item(lan, f"/items/{receipts[MINUTES.name]}")
    camera.save(lan, "item-narrow", whole=True)
    lan.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def take_reuse(camera: Camera, app: App, service: world.Service, scratch: Path, permit: str) -> None:
    """Published by a second person, agreed upon, asked for at a counter, counted."""
    real = token_of(app, SERVICE, "Quầy một cửa phường Mẫu", Role.SERVICE)
    sandbox = token_of(app, SANDBOX, "Quầy thử nghiệm", sandbox=True)
    journey.describe(camera.page("lan"), permit, KIND, OWNER)
    journey.approve(camera.page("binh"), permit)
    tuan = camera.page("tuan")
    _open_item(tuan, f"/items/{permit}")
    camera.save(tuan, "item-reviewed")
    journey.publish(tuan, permit)
    journey.agree(tuan, SERVICE, KIND)
    agreement = tuan.url.partition("?")[0]
    with counter(scratch / "counter", service.url, real) as url:
        officer = camera.foreign_page(url)
        journey.ask(officer, REFERENCE, OWNER, KIND)
        journey.take(officer, "replacement")
    camera.take("reuse-agreement", "hoa", agreement)
    for name, path in (("reuse", "/reuse"), ("reuse-agreements", "/reuse/agreements")):
        camera.take(name, "tuan", path)
    with counter(scratch / "sandbox", service.url, sandbox) as url:
        officer = camera.foreign_page(url)
        officer.goto("/")
        camera.save(officer, "counter-question")
        journey.ask(officer, "HS-THU-0001", INVENTED, KIND)
        camera.save(officer, "counter-asked")
        journey.take(officer, "form")
        camera.save(officer, "counter-taken", whole=True)


def take_lists(camera: Camera) -> None:
    """What the roles look at from day to day."""
    put_paper(camera.page("minh"))
    for name, login, path in (
        ("programme", "phuc", "/programme"),
        ("programme-task", "phuc", "/programme/tasks/5"),
        ("retention", "minh", "/retention"),
        ("paper", "minh", "/paper"),
        ("account", "hoa", "/accounts/lan"),
        ("own-account", "lan", "/account"),
        ("audit", "hoa", "/audit"),
        ("inbox", "hoa", "/inbox"),
        ("api", "minh", "/api"),
    ):
        camera.take(name, login, path)
    for name in ("webhooks", "doors"):
        page = camera.take(name, "hoa", f"/{name}")
        page.locator("main summary").first.click()
        camera.save(page, name)
    stranger = camera.foreign_page(camera.page("lan").url)
    stranger.goto("/sign-in")
    camera.save(stranger, "sign-in")


def put_paper(page: Page) -> None:
    page.goto(f"/dossiers/{world.DOSSIER}")
    page.locator("#paper").get_by_text("Ghi vị trí bản giấy").click()
    for field, value in (("place", "Kho lưu trữ phường"), ("shelf", "G2"), ("box", "H26-017"), ("sheets", "9")):
        page.fill(f"#paper-{field}", value)
    page.get_by_role("button", name="Ghi vị trí").click()
    page.locator("#paper", has_text=re.compile("H26-017")).wait_for()


def _open_item(page: Page, path: str) -> None:
    page.goto(path)
    page.locator("#viewer[data-ready]").wait_for()
    page.evaluate("new Promise((done) => setTimeout(done, 900))")  # the page glides to the field's place


if __name__ == "__main__":
    main()
