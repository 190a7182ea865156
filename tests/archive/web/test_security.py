from collections.abc import Callable

from archive.access.permissions import Role
from archive.db.accounts import Account, Agency
from tests.archive.web.conftest import PASSWORD, Browser
from tests.factories import Factory

Open = Callable[..., Browser]


def test_every_answer_forbids_foreign_code_and_frames(signed_in: Open) -> None:
    lan = signed_in(Role.CLERK)
    for path in ("/", "/sign-in", "/khong-co", "/healthz"):
        headers = lan.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_no_page_names_another_host_or_carries_inline_code(signed_in: Open) -> None:
    lan = signed_in(*Role)
    for path in ("/", "/review", "/dossiers", "/batches", "/batches/new", "/search", "/stopped", "/accounts", "/audit"):
        page = lan.get(path).text
        assert "http://" not in page, path
        assert "https://" not in page, path
        assert "style=" not in page, path
        assert "onclick" not in page, path
        assert "<script>" not in page, path


def test_a_form_without_the_pages_token_is_refused(signed_in: Open) -> None:
    lan = signed_in(Role.CLERK)
    for data in ({"csrf": ""}, {"csrf": "0" * 64}):
        assert lan.post("/sign-out", data).status_code == 403
    assert lan.get("/").status_code == 200
    assert "đã hết hạn" in lan.post("/sign-out", {"csrf": ""}).text


def test_a_token_of_another_browser_is_refused(signed_in: Open) -> None:
    lan, minh = signed_in(Role.CLERK, login="lan"), signed_in(Role.CLERK, login="minh")
    assert lan.token != minh.token
    assert lan.post("/sign-out", {"csrf": minh.token}).status_code == 403


def test_a_form_from_another_site_is_refused_even_with_a_token(signed_in: Open) -> None:
    lan = signed_in(Role.CLERK)
    assert lan.post("/sign-out", origin="https://evil.test").status_code == 403
    assert lan.post("/sign-out", **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert lan.post("/sign-out", origin="http://archive.test").status_code == 303


def test_the_sign_in_form_is_bound_to_its_visit(browser: Open, account: Callable[..., Account]) -> None:
    account("lan")
    attacker, victim = browser(), browser()
    attacker.get("/sign-in")
    victim.get("/sign-in")
    data = {"login": "lan", "password": PASSWORD, "csrf": attacker.token}
    assert victim.post("/sign-in", data).status_code == 403


def test_a_notice_shows_only_sentences_of_the_catalog(signed_in: Open) -> None:
    lan = signed_in(Role.CLERK)
    assert "Đã đóng lô." in lan.get("/?done=batch_closed").text
    assert "Hãy gọi số" not in lan.get("/?done=Hãy gọi số 113").text


def test_texts_of_records_are_escaped(signed_in: Open, make: Factory, agency: Agency) -> None:
    receipt = make.receipt(make.batch(agency))
    make.item(agency, receipt=receipt, title="<script>alert(1)</script>")
    lan = signed_in(Role.RECORDS_MANAGER)
    for path in ("/review", f"/items/{receipt.number}"):
        page = lan.get(path).text
        assert "&lt;script&gt;alert" in page
        assert "<script>alert" not in page
