"""The counter as an office starts it: a process of its own that knows an address and a token."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from archive.access.identity import SYSTEM
from archive.access.permissions import Role
from archive.actions.accounts import assign_role, create_account
from archive.actions.api_tokens import make_api_token
from archive.bootstrap import App
from archive.db.accounts import Agency
from tests.e2e import world
from tests.servers import answers, free_port

ROOT = Path(__file__).parents[2]


def token_of(app: App, login: str, name: str, *roles: Role, sandbox: bool = False) -> str:
    """Of a new service account with those roles over the agency of the world."""
    now = app.clock()
    with app.unit_of_work() as uow:
        agency = uow.session.scalars(select(Agency).where(Agency.code == world.AGENCY)).one()
        account = create_account(uow, login=login, name=name, kind="service", sandbox=sandbox, actor=SYSTEM, now=now)
        uow.session.flush()
        for role in roles:
            assign_role(uow, account.id, role, agency.id, valid_from=date(2020, 1, 1), actor=SYSTEM, now=now)
        return make_api_token(uow, account.id, "quầy", expires_at=now + timedelta(days=1), actor=SYSTEM, now=now)


@contextmanager
def counter(folder: Path, archive_url: str, token: str, *words: str) -> Iterator[str]:
    """Its address. What it keeps lies in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "token").write_text(token + "\n")
    port = free_port()
    own = ["--token-file", str(folder / "token"), "--state", str(folder / "counter.sqlite"), "--port", str(port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "examples.one_stop_counter", "--archive", archive_url, *own, *words], cwd=ROOT
    )
    try:
        url = f"http://127.0.0.1:{port}"
        world.until(lambda: answers(url), process, world.READY_S)
        yield url
    finally:
        process.terminate()
        process.wait(30)
