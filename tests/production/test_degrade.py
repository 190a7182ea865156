"""A server that is away takes away what it is for, and no more; the service says which and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from archive.access.permissions import Role
from tests.e2e import world
from tests.production import scans
from tests.production.clerk import NotTaken
from tests.production.profile import Profile, Servers, assert_whole

pytestmark = pytest.mark.slow


@pytest.fixture
def paper(profile: Profile, tmp_path: Path) -> Path:
    """One paper that was read and is found before anything goes away."""
    file = scans.readable(tmp_path, "quy-hoach.pdf", "Quy hoạch chợ đầu mối nông sản Phù Đổng")
    with profile.clerk() as clerk:
        batch = clerk.open_batch(1)
        clerk.hand_in(batch, file)
    profile.wait(profile.finished, "the first paper is read and found")
    return file


def ready(profile: Profile) -> httpx.Response:
    return httpx.get(f"{profile.url}/readyz", timeout=120)


def doctor(profile: Profile) -> tuple[int, dict[str, Any]]:
    """(exit code, checks by name)."""
    code, document = profile.command("doctor")
    return code, {check["name"]: check for check in document["checks"]}


def receipt_of(profile: Profile, file: Path) -> str:
    [digest] = scans.by_digest(file)
    return profile.receipts()[digest]


def test_without_elasticsearch_all_but_search_goes_on_and_the_index_catches_up(
    profile: Profile, servers: Servers, paper: Path, tmp_path: Path
) -> None:
    receipt = receipt_of(profile, paper)
    later = scans.readable(tmp_path, "dien-chieu-sang.pdf", "Nâng cấp điện chiếu sáng ngõ Thổ Quan")
    servers.elasticsearch.kill()
    with profile.clerk("minh") as manager:
        batch = manager.open_batch(1)
        assert manager.hand_in(batch, later)["outcome"] == "stored"
        profile.wait(lambda: profile.described() == 2, "what came meanwhile is read")
        assert manager.read(f"/items/{receipt}/master") == paper.read_bytes()
        assert "Đổng" in manager.http.get(f"/items/{receipt}/pages/1/words").text
        manager.send(f"/items/{receipt}/review", {})
        assert manager.http.get(f"/api/v1/items/{receipt}").json()["state"] == "reviewed"
        with pytest.raises(NotTaken) as refused:
            manager.search("chợ đầu mối")
        assert (refused.value.status, bool(refused.value.retry_after)) == (503, True)
        page = manager.http.get("/search", params={"q": "chợ đầu mối"})
        assert page.status_code == 503
        assert "tìm" in page.text.lower()
    assert ready(profile).json()["index"] is not True
    code, checks = doctor(profile)
    assert (code, checks["index"]["state"]) == (3, "missing")
    assert checks["index"]["advice"]
    assert checks["store"]["state"] == checks["database"]["state"] == "ok"

    servers.elasticsearch.start()
    profile.wait(profile.finished, "the index has caught up")
    with profile.clerk("minh") as manager:
        assert manager.search("điện chiếu sáng")["hits"][0]["title"]
        assert manager.search("dien chieu sang")["total"] == 1
    assert ready(profile).status_code == 200
    assert_reconciled(profile)


def test_without_minio_no_receipt_is_given_and_afterwards_all_goes_on(
    profile: Profile, servers: Servers, paper: Path, tmp_path: Path
) -> None:
    receipt = receipt_of(profile, paper)
    files = scans.tiny(tmp_path / "more", 2)
    servers.minio.kill()
    with profile.clerk("minh") as manager:
        batch = manager.open_batch(len(files))
        for file in files.values():
            with pytest.raises(NotTaken) as refused:
                manager.hand_in(batch, file)
            assert (refused.value.status, bool(refused.value.retry_after)) == (503, True)
        assert manager.batch(batch)["stored"] == 0
        assert len(profile.receipts()) == 1
        with pytest.raises(NotTaken) as refused:
            manager.read(f"/items/{receipt}/master")
        assert refused.value.status == 503
        assert manager.read(f"/items/{receipt}")
        assert manager.search("chợ đầu mối")["hits"][0]["title"]
    answer = ready(profile)
    assert (answer.status_code, answer.json()["store"]) == (503, False)
    code, checks = doctor(profile)
    assert (code, checks["store"]["state"]) == (3, "missing")
    assert checks["store"]["advice"]
    assert checks["index"]["state"] == checks["database"]["state"] == "ok"

    servers.minio.start()
    profile.wait(lambda: ready(profile).status_code == 200, "the service says that it is back")
    with profile.clerk("minh") as manager:
        assert [told["outcome"] for told in manager.hand_in_all(batch, files.values())] == ["stored", "stored"]
    profile.wait(profile.finished, "everything is read")
    assert_whole(profile, files | scans.by_digest(paper))


def test_work_waits_for_minio_and_is_not_given_up(profile: Profile, servers: Servers, tmp_path: Path) -> None:
    files = scans.tiny(tmp_path, 3)
    with profile.clerk() as clerk:
        clerk.hand_in_all(clerk.open_batch(len(files)), files.values())
    servers.minio.kill()
    profile.wait(lambda: ready(profile).json()["store"] is False, "the service says that it is away")
    assert not profile.finished()
    servers.minio.start()
    profile.wait(profile.finished, "everything is read")
    assert_whole(profile, files)


def test_without_postgresql_everything_says_so_and_comes_back(
    profile: Profile, servers: Servers, paper: Path, tmp_path: Path
) -> None:
    files = scans.tiny(tmp_path / "more", 1)
    receipt = receipt_of(profile, paper)
    clerk = profile.clerk()
    batch = clerk.open_batch(len(files))
    servers.postgres.kill()
    with clerk:
        for path in ("/", f"/items/{receipt}", "/search?q=quy", f"/api/v1/items/{receipt}", "/batches"):
            answer = clerk.http.get(path)
            assert (answer.status_code, bool(answer.headers.get("retry-after"))) == (503, True), path
        with pytest.raises(NotTaken) as refused:
            clerk.hand_in(batch, next(iter(files.values())))
        assert refused.value.status == 503
        assert httpx.get(f"{profile.url}/healthz").status_code == 200
        answer = ready(profile)
        assert (answer.status_code, answer.json()["catalogue"]) == (503, False)
        code, checks = doctor(profile)
        assert (code, checks["database"]["state"]) == (3, "missing")
        assert checks["database"]["advice"]
        code, document = profile.command("ingest", str(paper), "--agency", world.AGENCY, "--task", "5")
        assert code == 3
        assert document["error"]

        servers.postgres.start()
        profile.wait(lambda: ready(profile).status_code == 200, "the service says that it is back")
        assert clerk.hand_in(batch, next(iter(files.values())))["outcome"] == "stored"
    profile.wait(profile.finished, "everything is read")
    assert_whole(profile, files | scans.by_digest(paper))


def assert_reconciled(profile: Profile) -> None:
    token = profile.token_of_program(Role.OPERATOR)
    code, document = profile.command("reconcile", ARCHIVE_TOKEN=token)
    assert (code, document["findings"]) == (0, [])
