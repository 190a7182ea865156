"""From a browser to a found paper on PostgreSQL, MinIO and Elasticsearch, by one web process and two workers."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from archive.access.permissions import Role
from archive.reconcile import reconcile
from ocr.letters import fold
from tests.cli.running import archive, own_directory
from tests.conftest import released
from tests.e2e import world
from tests.production import scans
from tests.production.profile import MACHINES, Profile, assert_whole

pytestmark = pytest.mark.slow

NOTICE, LETTER, SECRET = (
    world.SAMPLES / "td01-van-ban-chi-dao" / name
    for name in ("006_thong_bao.pdf", "012_cong_van.pdf", "001_quyet_dinh.pdf")
)


class Delivered:
    """Real papers that were read once, and what the service told of them."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        profile.start_all()
        with profile.clerk() as clerk:
            self.batch = clerk.open_batch(2, dossier=world.DOSSIER)
            self.told = clerk.hand_in_all(self.batch, (NOTICE, SECRET))
            clerk.close_batch(self.batch)
        self.code, self.document = profile.ingest(LETTER)
        profile.wait(profile.finished, "everything is read and found")

    def receipt_of(self, file: Path) -> str:
        return self.profile.receipts()[hashlib.sha256(file.read_bytes()).hexdigest()]


@pytest.fixture(scope="module")
def delivered(own_servers: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivered]:
    profile = Profile(tmp_path_factory.mktemp("spine"), own_servers, engine="tesseract")
    try:
        profile.set_up()
        yield Delivered(profile)
    finally:
        profile.close()


def test_each_file_gets_its_receipt_in_the_browser_and_at_the_terminal(delivered: Delivered) -> None:
    assert [each["outcome"] for each in delivered.told] == ["stored", "stored"]
    assert delivered.code == 0
    assert (delivered.document["expected"], delivered.document["stored"]) == (1, 1)
    assert delivered.document["items"] == {"described": 1} or delivered.document["unexplained"] == 0


def test_a_batch_is_reconciled_and_its_state_secret_is_stopped(delivered: Delivered) -> None:
    with delivered.profile.clerk("minh") as manager:
        batch = manager.batch(delivered.batch)
    assert (batch["expected"], batch["stored"], batch["unexplained"]) == (2, 1, 0)
    assert [stopped["receipt"] for stopped in batch["quarantined"]] == [delivered.receipt_of(SECRET)]


@pytest.mark.parametrize("folded", [False, True], ids=["with tones", "without tones"])
def test_a_paper_is_found_by_its_words(delivered: Delivered, folded: bool) -> None:
    title = _title(delivered, NOTICE)
    with delivered.profile.clerk() as clerk:
        found = clerk.search(fold(title) if folded else title)
    assert found["total"] >= 1
    best = found["hits"][0]
    assert best["title"] == title
    assert best["pages"][0]["boxes"], "the hit is shown on the page"


def test_the_stopped_paper_is_not_found(delivered: Delivered) -> None:
    with delivered.profile.clerk("minh") as manager:
        for query in (delivered.receipt_of(SECRET), "quyết định"):
            codes = [hit["title"] for hit in manager.search(query)["hits"]]
            assert codes == [] or all(code in {_title(delivered, NOTICE), _title(delivered, LETTER)} for code in codes)


@pytest.mark.parametrize("file", [NOTICE, LETTER], ids=["from the browser", "from the terminal"])
def test_the_master_is_read_as_it_came_and_the_copy_is_searchable(delivered: Delivered, file: Path) -> None:
    receipt = delivered.receipt_of(file)
    with delivered.profile.clerk() as clerk:
        assert clerk.read(f"/items/{receipt}/master") == file.read_bytes()
        assert clerk.read(f"/items/{receipt}/pdf").startswith(b"%PDF-")
        assert clerk.read(f"/items/{receipt}/pages/1/image").startswith(b"\xff\xd8")


@pytest.mark.parametrize("words", [("audit", "verify"), ("fixity",), ("reconcile",)], ids=" ".join)
def test_trail_objects_and_the_three_servers_agree(delivered: Delivered, words: tuple[str, ...]) -> None:
    code, document = delivered.profile.command(*words, ARCHIVE_TOKEN=delivered.profile.token_of_program(Role.OPERATOR))
    assert (code, document["findings"]) == (0, [])


def test_an_index_that_was_thrown_away_comes_back_from_the_holdings(delivered: Delivered) -> None:
    title = _title(delivered, NOTICE)
    code, _ = delivered.profile.command("reindex", ARCHIVE_TOKEN=delivered.profile.token_of_program(Role.OPERATOR))
    assert code == 0
    with delivered.profile.clerk() as clerk:
        assert clerk.search(title)["hits"][0]["title"] == title


def test_the_service_says_that_all_of_it_is_ready(delivered: Delivered) -> None:
    answer = httpx.get(f"{delivered.profile.url}/readyz", timeout=60)
    assert answer.status_code == 200, answer.text
    code, document = delivered.profile.command("doctor")
    assert {check["name"] for check in document["checks"] if check["state"] == "missing"} == set()
    assert code in {0, 1}, "a full disk of this machine is a warning"


def test_a_backup_of_the_servers_becomes_holdings_of_a_directory_and_of_other_servers(
    delivered: Delivered, make_profile: Callable[..., Profile], tmp_path: Path
) -> None:
    profile = delivered.profile
    token = profile.token_of_program(Role.OPERATOR, at_top=True)
    code, document = profile.command("backup", str(tmp_path / "backups"), ARCHIVE_TOKEN=token)
    assert (code, document.get("findings")) == (0, []), profile.log("terminal")
    with own_directory() as folder:
        shutil.copytree(profile.root / "keys", folder / "data" / "keys")
        done = archive(folder / "data", "restore", tmp_path / "backups", "--json")
        assert done.code == 0, done.stderr
        released(folder)
    other = make_profile(set_up=False)
    shutil.copytree(profile.root / "keys", other.root / "keys")
    code, document = other.command("restore", str(tmp_path / "backups"))
    assert (code, document["findings"]) == (0, []), other.log("terminal")
    with other.app.store.open(hashlib.sha256(NOTICE.read_bytes()).hexdigest()) as stream:
        assert stream.read() == NOTICE.read_bytes()


def test_small_files_by_the_browser_are_whole_and_all_processes_end_in_order(
    make_profile: Callable[..., Profile], tmp_path: Path
) -> None:
    profile = make_profile()
    profile.start_all()
    files = scans.tiny(tmp_path, 4)
    with profile.clerk() as clerk:
        batch = clerk.open_batch(len(files) + 1)
        clerk.hand_in_all(batch, files.values())
        [again] = clerk.hand_in_all(batch, [next(iter(files.values()))])
        clerk.close_batch(batch)
    assert again["outcome"] == "duplicate"
    profile.wait(profile.finished, "everything is read and found")
    assert_whole(profile, files)
    assert [profile.stop(machine) for machine in ("web", *MACHINES)] == [0, 0, 0]
    assert reconcile(profile.app).findings == ()


def _title(delivered: Delivered, file: Path) -> str:
    with delivered.profile.clerk() as clerk:
        return str(clerk.http.get(f"/api/v1/items/{delivered.receipt_of(file)}").json()["title"])
