"""How long does a public service wait for the answer whether a paper is on file, with 1,000,000 papers and 16 clients?

Corpus, made with a seed: 1,000,000 published papers of five kinds, of 600,000 owners, held by 150 wards below a city;
each with its description (identifier encrypted), sealed copy, digest of its owner. One service over the whole city with
three agreements. 60 % of the questions find one or more papers, 25 % ask for somebody who has none, 15 % are not the
service's to ask. Over HTTP on a served service (`archive serve --no-worker`, one process, embedded PostgreSQL), each
client with one connection that it keeps. `paced`: each client asks once a second, as busy counters
do; `flat_out`: each asks again as soon as it is answered, which shows what the machine can do at most.
Server and clients share the machine; `cpu_ms_a_lookup` is the serving process's own work.
`python -m benchmarks.reuse_lookup` writes results/reuse_lookup.json; --data DIR keeps the corpus for another run.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from archive.access.encryption import lookup_digest
from archive.access.identifiers import normalised, seal_value
from archive.access.permissions import Role
from archive.access.sessions import digest_of
from archive.bootstrap import App, open_app
from archive.db.accounts import Account, Agency, ApiToken, Assignment
from archive.db.digitization import Batch
from archive.db.holdings import Fond
from archive.db.reuse import ReuseAgreement
from archive.ids import new_id
from archive.settings import Settings
from benchmarks._machine import machine

SEED, PAPERS, WARDS, OWNERS_A_PAPER = 20261123, 1_000_000, 150, 0.6
CLIENTS, LIMIT_MS = 16, 50.0
PACED_S, FLAT_OUT_S, WARM_S = 60.0, 30.0, 5.0
KINDS = (
    "Giấy khai sinh",
    "Giấy phép xây dựng",
    "Giấy chứng nhận đăng ký hộ kinh doanh",
    "Giấy chứng nhận kết hôn",
    "Giấy chứng nhận quyền sử dụng đất",
)
PROCEDURES = ("1.000894", "1.001193", "2.000815")
TOKEN = "khoa-do-luong-" + "0" * 30
RESULT = Path(__file__).parent / "results/reuse_lookup.json"
_SAME = "id uuid, n bigint, ward uuid, fond uuid, dossier uuid, digest text"
_TABLES = (
    "insert into stored_object (digest, size_bytes, media_type, stored_at, legal_hold, protection_pending)"
    " select digest, 100000, 'application/pdf', now(), false, false from made",
    "insert into receipt (id, number, agency_id, digest, size_bytes, media_type, batch_id, received_at, received_by)"
    " select id, 'BN-DL-2026-' || n, ward, digest, 100000, 'application/pdf', %(batch)s, now(), %(account)s from made",
    "insert into recognition (id, item_id, generation, engine, engine_version, digest, confidence, at)"
    " select id, id, 1, 'made', '1', digest, 0.95, now() from made",
    "insert into item (id, receipt_id, agency_id, fond_id, dossier_id, task_number, code, state, stop_values, level,"
    " file_name, title, page_count, doubtful_fields, confidence, master_digest, recognition_id, description_id,"
    " received_at, described_at, reviewed_at, reviewed_by, published_at, published_by, revision)"
    " select id, id, ward, fond, dossier, 1 + n %% 24, 'DL.2025.' || n, 'published', '{}', 'conditional',"
    " n || '.pdf', 'Giấy tờ ' || n, 1, 0, 0.95, digest, id, id, now(), now(), now(), %(account)s, now(), %(other)s, 1"
    " from made",
    "insert into rendition (id, item_id, kind, page, version, digest, media_type, file_name, made_from, at)"
    " select id, id, 'access_pdf', 0, 1, digest, 'application/pdf', 'DL.2025.' || n || '.pdf', '{}', now() from made",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--papers", type=int, default=PAPERS)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="archive-measured-") as directory:
        data = (args.data or Path(directory) / "data").absolute()
        if not data.exists():
            with open_app(Settings(data=data), create=True) as app:
                make(app, args.papers)
        figures = measured(data, args.papers)
    args.out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def identifier(owner: int) -> str:
    return f"0010{owner:08}"


def kind_of(paper: int) -> str:
    return KINDS[paper * 7 % len(KINDS)]


def make(app: App, papers: int) -> None:
    people = [Account(id=new_id(), login=f"nguoi-{n}", name="Người", created_at=app.clock()) for n in range(2)]
    with app.unit_of_work() as uow:
        city = Agency(id=new_id(), code="DL", name="Thành phố đo lường")
        uow.session.add_all([city, *people])
        uow.session.flush()
        wards = [Agency(id=new_id(), code=f"DL{n:03}", name=f"Phường {n}", parent_id=city.id) for n in range(WARDS)]
        uow.session.add_all(wards)
        uow.session.flush()
        fonds = [
            Fond(id=new_id(), code=f"F{ward.code}", title="Phông", creator_id=ward.id, agency_id=ward.id)
            for ward in wards
        ]
        batch = Batch(
            id=new_id(), number="LO-DL", agency_id=city.id, task_number=1, opened_by=people[0].id, opened_at=app.clock()
        )
        uow.session.add_all([*fonds, batch])
        _service(uow.session, app, city, people[0])
    _write(app, papers, wards, fonds, {"batch": batch.id, "account": people[0].id, "other": people[1].id})


def _service(session: Any, app: App, city: Agency, giver: Account) -> None:
    account = Account(id=new_id(), login="cong-dvc", name="Cổng dịch vụ công", kind="service", created_at=app.clock())
    session.add(account)
    session.flush()
    today = date(2020, 1, 1)
    session.add(Assignment(id=new_id(), account_id=account.id, role=Role.SERVICE, agency_id=city.id, valid_from=today))
    session.add(
        ApiToken(id=new_id(), account_id=account.id, name="đo", token_digest=digest_of(TOKEN), created_at=app.clock())
    )
    for procedure in PROCEDURES:
        session.add(
            ReuseAgreement(
                id=new_id(), number=f"TT-{procedure}", agency_id=city.id, account_id=account.id, procedure=procedure,
                procedure_title="Thủ tục", papers=list(KINDS), purpose="đo", legal_basis="đo", valid_from=today,
                given_by=giver.id, given_at=app.clock(),
            )
        )  # fmt: skip


def _write(app: App, papers: int, wards: list[Agency], fonds: list[Fond], of: dict[str, uuid.UUID]) -> None:
    """As quickly as PostgreSQL takes it: without checks of references, which the service's own writes would make."""
    connection = app.engine.raw_connection()
    try:
        with connection.cursor() as cursor:
            cursor.execute("set session_replication_role = replica")
            cursor.execute(f"create temporary table made ({_SAME})")
            with cursor.copy("copy made from stdin") as copy:
                for paper in range(papers):
                    ward = paper % len(wards)
                    copy.write_row((id_of(paper), paper, wards[ward].id, fonds[ward].id, None, f"{paper:064x}"))
            for statement in _TABLES:
                cursor.execute(statement, of)
            columns = "id, item_id, generation, recognition_id, rules_version, fields, at"
            with cursor.copy(f"copy description ({columns}) from stdin") as copy:
                for paper in range(papers):
                    item = id_of(paper)
                    copy.write_row((item, item, 1, item, "1", json.dumps(_fields(app, paper, papers)), app.clock()))
            columns = "id, item_id, agency_id, kind, value, key_name, lookup, lookup_key_name"
            with cursor.copy(f"copy owner_identifier ({columns}) from stdin") as copy:
                for paper in range(papers):
                    owner = normalised(identifier(owner_of(paper, papers)))
                    digest, key = lookup_digest(app.keys, "holder_identifier", owner)
                    ward = wards[paper % len(wards)].id
                    item = id_of(paper)
                    copy.write_row((item, item, ward, "holder_identifier", b"x", "columns-0001", digest, key))
        connection.commit()
        connection.cursor().execute("analyze")
        connection.commit()
    finally:
        connection.close()


def id_of(paper: int) -> uuid.UUID:
    return uuid.UUID(int=(0x0190_0000_0000_7000_8000 << 48) + paper)


def owner_of(paper: int, papers: int) -> int:
    return paper * 31 % round(papers * OWNERS_A_PAPER)


def _fields(app: App, paper: int, papers: int) -> dict[str, Any]:
    sealed = seal_value(app.keys, id_of(paper), "holder_identifier", identifier(owner_of(paper, papers)))
    told: dict[str, Any] = {
        "type_name": kind_of(paper),
        "code_number": str(paper % 9999),
        "code_notation": "UBND",
        "issued_date": f"20{10 + paper % 15}-{1 + paper % 12:02}-{1 + paper % 28:02}",
        "organ_name": "Ủy ban nhân dân phường",
        "subject": "Cấp cho người có tên dưới đây",
        "signer_name": "Trần Thị Bình",
        "holder_name": "Nguyễn Văn An",
        "holder_birth_date": "1980-02-03",
        "valid_until": "2030-12-31",
        "holder_identifier": sealed,
    }
    return {
        name: {"value": value, "confidence": 0.95, "page": 1, "box": [0.1, 0.1, 0.2, 0.2], "given_by": "rule"}
        for name, value in told.items()
    }


def measured(data: Path, papers: int) -> dict[str, Any]:
    with serving(data) as (port, pid):
        run(port, pid, papers, WARM_S, pause_s=0.0)
        flat_out = run(port, pid, papers, FLAT_OUT_S, pause_s=0.0)
        paced = run(port, pid, papers, PACED_S, pause_s=1.0)
    return {
        "question": (__doc__ or "").splitlines()[0],
        "seed": SEED,
        "machine": machine(),
        "unit": "milliseconds at the client, by HTTP",
        "corpus": f"{papers} published papers, {round(papers * OWNERS_A_PAPER)} owners, {WARDS} agencies",
        "clients": CLIENTS,
        "limit_p95_ms": LIMIT_MS,
        "paced": paced,
        "flat_out": flat_out,
    }


@contextmanager
def serving(data: Path) -> Iterator[tuple[int, int]]:
    port = 18_700 + os.getpid() % 1000
    environment = {**os.environ, "ARCHIVE_DATA": str(data), "ARCHIVE_API_CALLS_A_MINUTE": "1000000"}
    command = [sys.executable, "-m", "archive.cli.main", "serve", "--no-worker", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        while process.poll() is None:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def run(port: int, pid: int, papers: int, seconds: float, *, pause_s: float) -> dict[str, Any]:
    took: dict[str, list[float]] = {"on_file": [], "nothing": [], "not_yours": []}
    ends = time.monotonic() + seconds
    before = _cpu_s(pid)
    threads = [
        threading.Thread(target=_client, args=(port, papers, random.Random(SEED + n), ends, pause_s, took))
        for n in range(CLIENTS)
    ]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = sorted(each for list_ in took.values() for each in list_)
    return {
        "lookups": len(whole),
        "a_second": round(len(whole) / (time.monotonic() - began), 1),
        "p50_ms": _at(whole, 0.5),
        "p95_ms": _at(whole, 0.95),
        "p99_ms": _at(whole, 0.99),
        "p50_ms_by_answer": {name: _at(sorted(times), 0.5) for name, times in took.items()},
        "cpu_ms_a_lookup": round((_cpu_s(pid) - before) * 1000 / len(whole), 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _client(port: int, papers: int, chance: random.Random, ends: float, pause_s: float, took: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    time.sleep(chance.random() * pause_s)
    while time.monotonic() < ends:
        kind, asked = _question(chance, papers)
        body = json.dumps(asked)
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        began = time.perf_counter()
        connection.request("POST", "/api/v1/reuse/lookups", body, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        took[kind].append((time.perf_counter() - began) * 1000)
        assert response.status == 201, answer
        assert answer["on_file"] == (kind == "on_file"), (kind, asked, answer)
        time.sleep(max(0.0, pause_s - (time.perf_counter() - began)))


def _question(chance: random.Random, papers: int) -> tuple[str, dict[str, Any]]:
    kind = chance.choices(("on_file", "nothing", "not_yours"), (60, 25, 15))[0]
    paper = chance.randrange(papers)
    owner = owner_of(paper, papers) if kind != "nothing" else 90_000_000 + chance.randrange(1_000_000)
    procedure = chance.choice(PROCEDURES) if kind != "not_yours" else "9.999999"
    return kind, {
        "owner": {"kind": "person", "value": identifier(owner)},
        "paper": kind_of(paper),
        "procedure": procedure,
        "purpose": "Đo lường",
        "dossier_reference": f"HS-{paper}",
    }


def _at(ordered: list[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else None


def _cpu_s(pid: int) -> float:
    """Of the serving process, its database servers not included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
