"""The example counter against a served service: what its officer sees, and what it keeps to itself."""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from archive.access.permissions import Role
from examples.one_stop_counter.archive_client import require_safe
from tests.conftest import released
from tests.e2e import world
from tests.examples.running import ROOT, counter, token_of

pytestmark = pytest.mark.slow

PERMIT, BIRTH = "MAU.000002|Giấy phép xây dựng", "MAU.000001|Giấy khai sinh"
ASKED = {"reference": "HS-26-0001", "wanted": PERMIT, "kind": "person", "owner": "000000000001", "on": ""}


class Officer:
    """A browser without scripts."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, follow_redirects=True, timeout=60)

    def ask(self, **asked: str) -> httpx.Response:
        return self.http.post("/lookups", data=ASKED | asked)

    def take(self, page: httpx.Response, how: str = "form") -> httpx.Response:
        """The first paper that the page offers."""
        action, lookup, paper = re.search(  # type: ignore[union-attr]
            r'action="([^"]+/uses)".*?name="lookup" value="([^"]+)".*?name="paper" value="([^"]+)"', page.text, re.S
        ).groups()
        return self.http.post(action, data={"lookup": lookup, "paper": paper, "how": how})


def text(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[world.Service, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="archive-counter-") as folder:
        data = Path(folder) / "data"
        with world.open_holdings(data) as app:
            world.settle(app)
            tokens = {
                "sandbox": token_of(app, "quay-thu", "Quầy thử nghiệm", sandbox=True),
                "real": token_of(app, "quay-that", "Quầy một cửa", Role.SERVICE, Role.CLERK),
            }
            service = world.serve(data)
        yield service, tokens
        service.stop()
        released(data)


@pytest.fixture(scope="module")
def sandbox(
    served: tuple[world.Service, dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Officer, Path]]:
    service, tokens = served
    folder = tmp_path_factory.mktemp("sandbox")
    with counter(folder, service.url, tokens["sandbox"]) as url:
        yield Officer(url), folder / "counter.sqlite"


@pytest.fixture(scope="module")
def officer(sandbox: tuple[Officer, Path]) -> Officer:
    return sandbox[0]


@pytest.fixture(scope="module")
def real(served: tuple[world.Service, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Officer]:
    service, tokens = served
    folder = tmp_path_factory.mktemp("real")
    with counter(folder, service.url, tokens["real"], "--agency", world.AGENCY, "--task", "5") as url:
        yield Officer(url)


def test_an_invented_paper_is_found_taken_and_fills_in_the_form(officer: Officer) -> None:
    page = officer.ask()
    assert page.status_code == 200
    for told in ("1681/GPXD-UBND", "L. V. Huỳnh", "Còn hiệu lực", "người khác công bố", "Đang thử nghiệm"):
        assert told in text(page), told
    assert "Lê Văn Huỳnh" not in page.text
    page = officer.take(page)
    assert "Đã lấy để điền biểu mẫu" in text(page)
    assert 'value="Lê Văn Huỳnh"' in unescape(page.text)
    copy = officer.http.get(re.search(r'href="(/dossiers/[^"]+/papers/[^"]+)"', page.text)[1])  # type: ignore[index]
    assert copy.content.startswith(b"%PDF-")
    assert copy.headers["content-type"] == "application/pdf"


def test_asked_again_the_newest_answer_counts_and_what_was_taken_stays(officer: Officer) -> None:
    asked = {"reference": "HS-26-0006"}
    officer.ask(**asked, owner="000000000009")
    page = officer.ask(**asked)
    assert "Kho không có giấy nào" not in text(page)
    officer.take(page)
    page = officer.ask(**asked, owner="000000000009")
    assert "Kho không có giấy nào" in text(page)
    assert text(page).count("Đã lấy để") == 1


def test_what_the_officer_corrects_in_the_form_is_kept(officer: Officer) -> None:
    officer.take(officer.ask(reference="HS-26-0002"))
    page = officer.http.post("/dossiers/HS-26-0002/form", data={"holder_name": "Lê Văn Huynh", "made_up": "x"})
    assert 'value="Lê Văn Huynh"' in unescape(page.text)
    assert "made_up" not in page.text


@pytest.mark.parametrize(
    ("owner", "wanted", "told"),
    [
        ("000000000002", PERMIT, "Đã hết hiệu lực từ sau 06/12/2022"),
        ("000000000003", PERMIT, "Chưa có hiệu lực"),
        ("000000000005", BIRTH, "1 thông tin máy đọc chưa chắc"),
        ("000000000009", PERMIT, "Kho không có giấy nào để lấy"),
    ],
    ids=["expired", "not yet", "read badly", "nothing"],
)
def test_what_speaks_against_a_paper_is_said_before_it_is_taken(
    officer: Officer, owner: str, wanted: str, told: str
) -> None:
    page = officer.ask(reference=f"HS-MOT-{owner[-1]}", owner=owner, wanted=wanted)
    assert told in text(page)


def test_the_owner_is_not_kept_by_the_counter_nor_named_in_an_address(sandbox: tuple[Officer, Path]) -> None:
    """Only a paper that was taken brings its holder along."""
    officer, state = sandbox
    for known in ("000000000005", "000000000008"):
        page = officer.ask(reference="HS-GIU-KIN", owner=known, wanted=BIRTH)
        assert page.url.path == "/dossiers/HS-GIU-KIN"
        assert known.encode() not in state.read_bytes()
        assert known not in str(page.history[0].request.url)
    assert oct(state.stat().st_mode & 0o777) == "0o600"


def test_a_paper_that_was_withdrawn_meanwhile_is_not_taken_and_the_officer_hears_why(officer: Officer) -> None:
    page = officer.take(officer.ask(reference="HS-26-0003", owner="000000000004", wanted=BIRTH))
    assert page.status_code == 410
    assert 'role="alert"' in page.text
    assert "Đã lấy" not in text(page)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"owner": "12"}, "số"),
        ({"reference": "a/b"}, "Mã hồ sơ gồm"),
        ({"wanted": "MAU.000002|Giấy khai sinh"}, "Chọn thủ tục và giấy tờ"),
        ({"on": "hôm nay"}, ""),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_explained_and_what_was_typed_stays(
    officer: Officer, asked: dict[str, str], told: str
) -> None:
    page = officer.ask(**{"reference": "HS-SAI"} | asked)
    assert page.status_code == 422
    alert = re.search(r'role="alert">([^<]+)<', page.text)
    assert alert
    assert told in unescape(alert[1])
    assert f'value="{asked.get("reference", "HS-SAI")}"' in page.text
    assert "000000000001" not in page.text


def test_papers_of_one_dossier_are_not_had_from_another(officer: Officer) -> None:
    officer.ask(reference="HS-26-0005")
    page = officer.http.get("/dossiers/HS-26-0005/papers/MAU.2021.0001.0000001")
    assert page.status_code == 404


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Host": "elsewhere.example"}], ids=str)
def test_pages_of_other_sites_cannot_act_here(officer: Officer, headers: dict[str, str]) -> None:
    assert officer.http.post("/lookups", data=ASKED, headers=headers).status_code in {400, 403}


def test_without_an_agreement_the_answer_is_that_nothing_is_there(real: Officer) -> None:
    page = real.ask(owner="001080000123")
    assert page.status_code == 200
    assert "Kho không có giấy nào để lấy" in text(page)
    assert "thử nghiệm." not in text(page)


def test_what_is_scanned_gets_receipts_and_the_result_ends_the_dossier(
    real: Officer, served: tuple[world.Service, dict[str, str]]
) -> None:
    real.ask(reference="HS-26-0010", owner="001080000123")
    path = "/dossiers/HS-26-0010"
    scans = [("files", (file.name, file.read_bytes())) for file in (world.FILES[2], Path(__file__))]
    page = real.http.post(f"{path}/scans", files=scans)
    assert page.status_code == 422
    assert "test_counter.py: Không nhận ra loại tệp" in text(page)
    assert re.search(rf"{world.FILES[2].name} — biên nhận BN-\S+: kho đang xử lý", text(page))
    again = real.http.post(f"{path}/scans", files=scans[:1])
    assert again.text.count("biên nhận BN-") == 1
    missing = real.http.post(f"{path}/result", data={})
    assert (missing.status_code, "Chọn tệp quét của kết quả" in text(missing)) == (422, True)
    page = real.http.post(f"{path}/result", files={"file": ("kết quả.pdf", world.LATER.read_bytes())})
    assert "Đã trả kết quả" in text(page)
    batch = re.search(r"Lô (LO-\S+) đã đóng", text(page))
    assert batch
    service, tokens = served
    told = httpx.get(
        f"{service.url}/api/v1/batches/{batch[1]}", headers={"Authorization": f"Bearer {tokens['real']}"}
    ).json()
    assert (told["closed_at"] is not None, told["expected"]) == (True, 2)
    later = real.http.post(f"{path}/scans", files=scans[:1])
    assert "đã trả kết quả" in text(later)
    assert "đã trả kết quả" in text(real.ask(reference="HS-26-0010"))


def test_a_program_under_test_scans_nothing(served: tuple[world.Service, dict[str, str]], tmp_path: Path) -> None:
    service, tokens = served
    with counter(tmp_path, service.url, tokens["sandbox"], "--agency", world.AGENCY, "--task", "5") as url:
        officer = Officer(url)
        officer.ask()
        page = officer.http.post("/dossiers/HS-26-0001/scans", files=[("files", ("a.pdf", b"%PDF-1.7"))])
    assert page.status_code in {403, 404, 422}
    assert 'role="alert"' in page.text
    assert "biên nhận" not in text(page)


@pytest.mark.parametrize("how", ["forged", "away"])
def test_what_keeps_the_counter_from_the_service_is_told(
    served: tuple[world.Service, dict[str, str]], tmp_path: Path, how: str
) -> None:
    service, tokens = served
    url, token = (service.url, "x" * 43) if how == "forged" else ("http://127.0.0.1:9", tokens["sandbox"])
    with counter(tmp_path, url, token) as address:
        page = Officer(address).ask()
    assert page.status_code == (401 if how == "forged" else 502)
    assert ("mã truy cập" if how == "forged" else "Gửi lại") in text(page)
    assert 'value="HS-26-0001"' in page.text


@pytest.mark.parametrize("url", ["http://kho.example", "ftp://kho.example", "kho.example", ""])
def test_a_token_is_not_sent_in_clear_over_a_network(url: str) -> None:
    with pytest.raises(ValueError, match=r"http|address"):
        require_safe(url)


def test_the_counter_knows_the_service_by_its_api_alone() -> None:
    """It stands for programs of other offices: nothing of the product is imported."""
    imported = {
        name.split(".")[0]
        for path in (ROOT / "examples").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & {"archive", "search", "metadata", "ocr", "retention", "tests"}
