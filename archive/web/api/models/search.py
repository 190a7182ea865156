"""What a search answers."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from archive.db.states import ItemState
from archive.queries.views import SearchHit as FoundItem
from archive.queries.views import SearchResult
from archive.web.api.models.records import Answer, Box


class SearchHitPage(Answer):
    number: int
    snippet: str
    marks: list[list[int]] = Field(description="[start, end) of the found words in the snippet, in characters")
    boxes: list[Box]


class SearchHit(Answer):
    id: str = Field(description="the receipt's number, by which the item is opened")
    code: str | None
    dossier: str | None
    title: str | None
    score: float
    agency: str
    task: int
    state: ItemState
    level: str
    type_name: str | None
    notation: str | None
    issued_date: str | None
    page_count: int | None
    pages: list[SearchHitPage]

    @classmethod
    def of(cls, hit: FoundItem) -> SearchHit:
        line = hit.item
        return cls(
            id=line.receipt,
            code=line.code,
            dossier=line.dossier_code,
            title=line.title,
            score=hit.score,
            agency=line.agency_code,
            task=line.task_number,
            state=ItemState(line.state),
            level=line.level,
            type_name=line.type_name,
            notation=line.notation,
            issued_date=line.issued_date,
            page_count=line.page_count,
            pages=[SearchHitPage.model_validate(page) for page in hit.pages],
        )


class SearchAnswer(Answer):
    """Best first; the total counts nothing that you may not see."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "total": 1,
                    "eased": False,
                    "hits": [
                        {
                            "id": "BN-TD01-2026-0000001",
                            "code": "TD01.2026.0001.0000001",
                            "dossier": "TD01.2026.0001",
                            "title": "Quyết định 15/QĐ-UBND",
                            "score": 7.1,
                            "agency": "TD01",
                            "task": 3,
                            "state": "published",
                            "level": "conditional",
                            "type_name": "Quyết định",
                            "notation": "15/QĐ-UBND",
                            "issued_date": "2026-01-15",
                            "page_count": 2,
                            "pages": [
                                {
                                    "number": 1,
                                    "snippet": "… cấp giấy phép xây dựng …",
                                    "marks": [[2, 20]],
                                    "boxes": [[0.1, 0.2, 0.3, 0.22]],
                                }
                            ],
                        }
                    ],
                }
            ]
        }
    )
    total: int
    eased: bool = Field(description="no document has all the words: these have most of them")
    hits: list[SearchHit]

    @classmethod
    def of(cls, result: SearchResult) -> SearchAnswer:
        return cls(total=result.total, eased=result.eased, hits=[SearchHit.of(hit) for hit in result.hits])
