"""An item that was read: its page says "Quyết định số 15", and the number is doubtful."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Description, Item, Page, RecognitionRow, Rendition
from archive.ids import new_id
from ocr import stored
from ocr.model import Box, EngineInfo, Line, PageText, Recognition, TextSource, Word
from tests.factories import Factory

WORDS = ("Quyết", "định", "số", "15")
FIELDS = {
    "type_name": {
        "value": "Quyết định",
        "confidence": 0.99,
        "page": 1,
        "box": [0.1, 0.1, 0.3, 0.13],
        "given_by": "rule",
    },
    "code_number": {"value": "15", "confidence": 0.5, "page": 1, "box": [0.4, 0.1, 0.45, 0.13], "given_by": "rule"},
}


class ReadItem:
    """An item in a dossier with its recognition, description, page image and master in the store."""

    def __init__(self, app: App, make: Factory, agency: Agency, tmp_path: Path) -> None:
        self.app = app
        master = tmp_path / "master.pdf"
        master.write_bytes(b"%PDF-1.7 master bytes")
        held = app.store.put(master)
        receipt = make.receipt(make.batch(agency), digest=held.digest, size_bytes=held.size_bytes)
        self.dossier = make.dossier(agency)
        self.item = make.item(agency, receipt=receipt, dossier=self.dossier, doubtful_fields=1, file_name="qd 15.pdf")
        self.path = f"/items/{receipt.number}"
        make.save(Page(item_id=self.item.id, number=1, width=1000, height=1400, dpi=150, rotation=0, skew_degrees=0,
                       blank=False, confidence=0.9, source="recognised"))  # fmt: skip
        recognition = make.save(RecognitionRow(
            id=new_id(), item_id=self.item.id, generation=1, engine="null", engine_version="1", confidence=0.9,
            digest=self._put(make, tmp_path, stored.to_bytes(_recognition())), at=app.clock(),
        ))  # fmt: skip
        description = make.save(Description(
            id=new_id(), item_id=self.item.id, generation=1, recognition_id=recognition.id, rules_version="1",
            fields=FIELDS, at=app.clock(),
        ))  # fmt: skip
        image = io.BytesIO()
        Image.new("RGB", (1000, 1400), "white").save(image, "JPEG")
        make.save(Rendition(
            id=new_id(), item_id=self.item.id, kind="page_image", page=1, version=1, media_type="image/jpeg",
            digest=self._put(make, tmp_path, image.getvalue()), made_from={}, at=app.clock(),
        ))  # fmt: skip
        with app.unit_of_work() as uow:
            row = uow.session.get_one(Item, self.item.id)
            row.recognition_id, row.description_id = recognition.id, description.id

    def _put(self, make: Factory, folder: Path, content: bytes) -> str:
        path = folder / "content"
        path.write_bytes(content)
        held = self.app.store.put(path)
        return make.stored_object(held.digest, held.size_bytes).digest

    def now(self) -> Item:
        with self.app.unit_of_work() as uow:
            return uow.session.get_one(Item, self.item.id)


def _recognition() -> Recognition:
    words = tuple(Word(text, Box(100 + 100 * i, 140, 190 + 100 * i, 182), 0.9) for i, text in enumerate(WORDS))
    page = PageText(1, 1000, 1400, 150, 0, 0.0, False, TextSource.RECOGNISED, (Line(words),))
    return Recognition(EngineInfo("null", "1"), (page,))
