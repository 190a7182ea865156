"""A small agency for the browser: people, a dossier and four delivered papers, in a service process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import func, select

from archive.access.identity import SYSTEM, Actor, actor_named
from archive.access.permissions import Role
from archive.actions.accounts import assign_role, create_account
from archive.actions.agencies import create_agency
from archive.actions.deliver import deliver_paths
from archive.actions.dossiers import create_dossier
from archive.bootstrap import App, open_app
from archive.db.trail import Outbox
from archive.queries.batches import batch as batch_view
from archive.settings import Settings

SAMPLES = Path(__file__).parents[2] / "samples"
PASSWORD = "mot-mat-khau-dai"
AGENCY, DOSSIER = "H26", "H26.2025.0001"
PEOPLE = {
    "lan": ("Nguyễn Thị Lan", (Role.CLERK,)),
    "minh": ("Trần Văn Minh", (Role.RECORDS_MANAGER,)),
    "hoa": ("Lê Thị Hoa", (Role.SECURITY_OFFICER, Role.AUDITOR, Role.OPERATOR)),
    "tuan": ("Phạm Anh Tuấn", (Role.RECORDS_MANAGER,)),  # the second person
    "binh": ("Đỗ Thanh Bình", (Role.REVIEWER,)),
    "yen": ("Vũ Hải Yến", (Role.OFFICIAL,)),
    "phuc": ("Hoàng Gia Phúc", (Role.LEADER,)),
}
FILES = (
    SAMPLES / "td01-van-ban-chi-dao" / "006_thong_bao.pdf",
    SAMPLES / "td01-bao-cao-to-trinh" / "002_bien_ban.pdf",
    SAMPLES / "td02-giay-phep-dang-ky" / "007_giay_phep_xay_dung.pdf",
    SAMPLES / "td01-van-ban-chi-dao" / "001_quyet_dinh.pdf",  # with a state-secret stamp: it is stopped
)
LATER = SAMPLES / "td01-van-ban-chi-dao" / "012_cong_van.pdf"  # what a test delivers in the browser
READY_S, READ_S = 60, 300


@dataclass
class Service:
    """`archive serve` over its own data directory."""

    data: Path
    url: str
    process: subprocess.Popen[bytes]
    batch: str = ""

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def open_holdings(data: Path) -> App:
    return open_app(Settings(data=data, jobs=2), create=True)


def person(app: App, login: str) -> Actor:
    with app.unit_of_work() as uow:
        return actor_named(uow.session, login, app.clock())


def settle(app: App) -> None:
    """The agency, its people, and a dossier."""
    now = app.clock()
    with app.unit_of_work() as uow:
        agency = create_agency(uow, code=AGENCY, name="Ủy ban nhân dân phường Mẫu", actor=SYSTEM, now=now)
        uow.session.flush()
        for login, (name, roles) in PEOPLE.items():
            account = create_account(uow, login=login, name=name, password=PASSWORD, actor=SYSTEM, now=now)
            uow.session.flush()
            for role in roles:
                assign_role(uow, account.id, role, agency.id, valid_from=date(2020, 1, 1), actor=SYSTEM, now=now)
    with app.unit_of_work() as uow:
        create_dossier(
            uow,
            code=DOSSIER,
            title="Văn bản chỉ đạo, báo cáo và giấy phép năm 2025",
            agency_code=AGENCY,
            year=2025,
            task_number=5,
            actor=person(app, "minh"),
            now=now,
        )


def deliver(app: App, files: tuple[Path, ...] = FILES) -> str:
    return deliver_paths(
        app, list(files), agency_code=AGENCY, task_number=5, dossier_code=DOSSIER, actor=person(app, "lan")
    )


def serve(data: Path) -> Service:
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "archive.cli.main", "serve", "--port", str(port)],
        env={**environment, "ARCHIVE_DATA": str(data), "OMP_THREAD_LIMIT": "1"},
        cwd=SAMPLES.parent,
    )
    service = Service(data, f"http://127.0.0.1:{port}", process)
    until(lambda: _answers(service.url + "/readyz"), process, READY_S)
    return service


def wait_until_read(app: App, service: Service, batch: str) -> None:
    """Until no file of the batch is under way and the index knows what was read."""
    minh = person(app, "minh")

    def done() -> bool:
        with app.unit_of_work() as uow:
            line = batch_view(uow.session, batch, actor=minh).line
            return not line.received and not uow.session.scalar(select(func.count()).select_from(Outbox))

    until(done, service.process, READ_S)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def until(done: Callable[[], bool], process: subprocess.Popen[bytes], limit_s: float) -> None:
    """Raises RuntimeError when the process ends, TimeoutError when it takes too long."""
    end = time.monotonic() + limit_s
    while not done():
        if process.poll() is not None:
            raise RuntimeError(f"the process ended with {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError(f"not done in {limit_s} s")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
