"""Holdings made for measuring: catalogue rows, and recognitions in the store, as a year of deliveries leaves them.

Text: runs of words of 2,249 articles of Vietnamese laws (../shared/data/search), about 350 words a page in lines of
about twelve, each word with a box and a confidence, as a reader of scans at 300 dpi gives them. An item has 1 to 20
pages (4 on average), a description of twelve fields, every tenth one a correction; eight items make a dossier.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from archive.bootstrap import App, open_app
from archive.db.accounts import Account, Agency
from archive.db.base import Row
from archive.db.digitization import Batch
from archive.db.holdings import Correction, Description, Dossier, Fond, Item, Receipt, RecognitionRow, StoredObject
from archive.ids import new_id
from archive.settings import Settings
from benchmarks._machine import machine
from ocr import stored
from ocr.model import Box, EngineInfo, Line, PageText, Recognition, TextSource, Word
from search.adapters.elasticsearch import ElasticsearchIndex

DATA = Path(__file__).parents[2] / "shared/data/search"
KINDS = {
    "Quyết định": "QĐ-UBND",
    "Công văn": "UBND-VP",
    "Kế hoạch": "KH-UBND",
    "Thông báo": "TB-VP",
    "Giấy phép": "GPXD",
}
ITEMS_A_DOSSIER, MOST_PAGES, WORDS_A_PAGE, WORDS_A_LINE = 8, 20, 350, 12


class Made:
    """Writes items into an application's store and catalogue; the same seed makes the same ones."""

    def __init__(self, app: App, seed: int, data: Path = DATA) -> None:
        self._app = app
        self._chance = random.Random(seed)
        articles = [json.loads(line)["text"] for line in (data / "corpus.jsonl").read_text("utf-8").splitlines()]
        self._words = " ".join(articles).split()
        self.agency = Agency(id=new_id(), code="DO-LUONG", name="Cơ quan đo lường")
        self.account = Account(id=new_id(), login="do-luong", name="Người đo", created_at=app.clock())
        self._fond = Fond(
            id=new_id(), code="DL", title="Phông đo lường", creator_id=self.agency.id, agency_id=self.agency.id
        )
        self._batch = Batch(
            id=new_id(), number="LO-DO-LUONG-2026-00001", agency_id=self.agency.id, task_number=1,
            opened_by=self.account.id, opened_at=app.clock(),
        )  # fmt: skip
        self._save([self.agency, self.account], [self._fond, self._batch])
        self.items = 0
        self.pages = 0

    def add(self, pages: int, on_progress: Callable[[int], None] | None = None) -> None:
        """Items until there are so many pages in all."""
        while self.pages < pages:
            self._add_dossier()
            if on_progress:
                on_progress(self.pages)

    def _add_dossier(self) -> None:
        dossier = Dossier(
            id=new_id(), code=f"DL.2025.{self.items:07}", title=self._run(9), task_number=1, year=2025,
            fond_id=self._fond.id, agency_id=self.agency.id, opened_at=self._app.clock(),
        )  # fmt: skip
        rows = [row for _ in range(ITEMS_A_DOSSIER) for row in self._item(dossier)]
        with self._app.unit_of_work() as uow:
            uow.session.add(dossier)
            for kind in (StoredObject, Receipt, Item, RecognitionRow, Description, Correction):  # as they refer
                uow.session.add_all(row for row in rows if isinstance(row, kind))
                uow.session.flush()
            of_item = {row.item_id: row for row in rows if isinstance(row, Description)}
            for item in (row for row in rows if isinstance(row, Item)):
                item.recognition_id, item.description_id = of_item[item.id].recognition_id, of_item[item.id].id

    def _item(self, dossier: Dossier) -> list[Row]:
        self.items += 1
        count = min(MOST_PAGES, 1 + int(self._chance.expovariate(1 / 3.6)))
        self.pages += count
        number, now = f"BN-DO-LUONG-2026-{self.items:07}", self._app.clock()
        digest = hashlib.sha256(number.encode()).hexdigest()
        read = self._stored(Recognition(EngineInfo("made", "1"), tuple(self._page(n) for n in range(1, count + 1))))
        receipt = Receipt(
            id=new_id(), number=number, agency_id=self.agency.id, digest=digest, size_bytes=1,
            media_type="application/pdf", batch_id=self._batch.id, received_at=now, received_by=self.account.id,
        )  # fmt: skip
        item_id, recognition_id, description_id = new_id(), new_id(), new_id()
        recognition = RecognitionRow(
            id=recognition_id, item_id=item_id, generation=1, engine="made", engine_version="1", digest=read.digest,
            confidence=0.95, at=now,
        )  # fmt: skip
        description = Description(
            id=description_id, item_id=item_id, generation=1, recognition_id=recognition_id, rules_version="1",
            fields=self._fields(), at=now,
        )  # fmt: skip
        item = Item(
            id=item_id, receipt_id=receipt.id, agency_id=self.agency.id, fond_id=self._fond.id, dossier_id=dossier.id,
            task_number=1, code=f"{dossier.code}.{self.items:07}", state="published", file_name="van-ban.pdf",
            page_count=count, confidence=0.95, master_digest=digest, received_at=now, described_at=now,
        )  # fmt: skip
        master = StoredObject(digest=digest, size_bytes=1, media_type="application/pdf", stored_at=now)
        rows: list[Row] = [master, read, receipt, item, recognition, description]
        if self.items % 10 == 0:
            value = {"value": self._run(12)}
            rows.append(
                Correction(
                    id=new_id(),
                    item_id=item_id,
                    field="subject",
                    read_as={},
                    value=value,
                    account_id=self.account.id,
                    at=now,
                )
            )
        return rows

    def _stored(self, recognition: Recognition) -> StoredObject:
        content = stored.to_bytes(recognition)
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            put = self._app.store.put(Path(file.name))
        return StoredObject(
            digest=put.digest, size_bytes=put.size_bytes, media_type="application/gzip", stored_at=self._app.clock()
        )

    def _fields(self) -> dict[str, Any]:
        kind = self._chance.choice(list(KINDS))
        day = f"20{self._chance.randint(10, 25)}-{self._chance.randint(1, 12):02}-{self._chance.randint(1, 28):02}"
        values: dict[str, Any] = {
            "type_name": kind,
            "code_number": str(self._chance.randint(1, 9999)),
            "code_notation": KINDS[kind],
            "issued_date": day,
            "place": "Hà Nội",
            "parent_organ_name": "ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI",
            "organ_name": self._run(4),
            "subject": self._run(self._chance.randint(8, 25)),
            "signer_position": "Chủ tịch",
            "signer_name": self._run(3),
            "recipients": [self._run(4) for _ in range(5)],
            "references": [self._run(8) for _ in range(3)],
        }
        return {
            name: {"value": value, "confidence": 0.95, "page": 1, "box": [0.1, 0.1, 0.4, 0.12], "given_by": "rule"}
            for name, value in values.items()
        }

    def _run(self, length: int) -> str:
        return " ".join(self._take(length))

    def _take(self, length: int) -> list[str]:
        at = self._chance.randrange(len(self._words) - length)
        return self._words[at : at + length]

    def _page(self, number: int) -> PageText:
        words = self._take(round(self._chance.gauss(WORDS_A_PAGE, 60)))
        lines = [words[at : at + WORDS_A_LINE] for at in range(0, len(words), WORDS_A_LINE)]
        return PageText(
            number, 2480, 3508, 300, 0, -0.3, False, TextSource.RECOGNISED,
            tuple(self._line(line, top=280 + 58 * row) for row, line in enumerate(lines)),
        )  # fmt: skip

    def _line(self, words: list[str], *, top: int) -> Line:
        left, made = 240.0, []
        for word in words:
            right = left + 19 * len(word) + self._chance.uniform(0, 6)
            box = Box(round(left, 1), top + self._chance.randint(0, 4), round(right, 1), top + 44)
            made.append(Word(word, box, round(self._chance.uniform(0.7, 1.0), 3)))
            left = right + 14
        return Line(tuple(made))

    def _save(self, *rows: list[Row]) -> None:
        with self._app.unit_of_work() as uow:
            for lot in rows:
                uow.session.add_all(lot)
                uow.session.flush()


@contextmanager
def on_server(app: App, server: str) -> Iterator[None]:
    """The same application over an index of its own on the server, which has nothing of it afterwards."""
    name = f"benchmark-{uuid.uuid4().hex[:12]}"
    app.index.close()
    app.__dict__["index"] = ElasticsearchIndex(f"{server.rstrip('/')}/{name}")
    try:
        yield
    finally:
        app.index.close()
        with urllib.request.urlopen(f"{server.rstrip('/')}/_alias/{name}") as answer:
            held = list(json.load(answer))
        for index in held:
            remove = urllib.request.Request(f"{server.rstrip('/')}/{index}", method="DELETE")
            urllib.request.urlopen(remove).close()


def measure_indexes(
    description: str,
    measured: Callable[[App, Made], dict[str, Any]],
    *,
    seed: int,
    pages: int,
    unit: str,
    out: Path,
) -> None:
    """Run a benchmark: `measured` on made holdings with each index, written to a file. Reads the command line."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--pages", type=int, default=pages)
    options.add_argument("--search-url", default=os.environ.get("TEST_SEARCH_URL"), help="an Elasticsearch as well")
    options.add_argument("--out", type=Path, default=out)
    given = options.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no corpus at {given.data}")
    result: dict[str, Any] = {
        "question": " ".join(description.split("\n", maxsplit=1)[0].split()),
        "seed": seed,
        "machine": machine(),
        "unit": unit,
    }
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        with open_app(Settings(data=Path(directory) / "data"), create=True) as app:
            made = Made(app, seed, given.data)
            made.add(given.pages, lambda done: print(f"\r{done} pages made", end="", file=sys.stderr))
            result["corpus"] = f"{made.items} items, {made.pages} pages"
            result["tantivy"] = measured(app, made)
            if given.search_url:
                with on_server(app, given.search_url):
                    result["elasticsearch"] = measured(app, made)
    text = json.dumps(result, ensure_ascii=False, indent=2)
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(text + "\n", encoding="utf-8")
    print(text)
