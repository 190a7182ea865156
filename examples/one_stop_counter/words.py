"""What the pages call the values that the records service answers with."""

from __future__ import annotations

from typing import Any

HOW = {
    "form": "điền biểu mẫu",
    "check": "kiểm tra thông tin",
    "information": "lấy thông tin",
    "replacement": "thay giấy tờ phải nộp",
}
KINDS = {"person": "Số định danh cá nhân", "enterprise": "Mã số doanh nghiệp", "other": "Số giấy tờ khác"}
STATES = {
    None: "kho không nhận",
    "received": "kho đang xử lý",
    "stopped": "kho đã dừng, chờ cán bộ bảo mật",
    "described": "chờ duyệt",
    "reviewed": "đã duyệt, chờ công bố",
    "published": "đã công bố: lần sau có sẵn trong kho",
    "withdrawn": "đã rút",
    "replaced": "đã được thay thế",
    "destroyed": "đã huỷ",
}


def day(written: Any) -> str:
    """Of ISO 8601, as far as it is known: a day, a month or a year."""
    parts = str(written)[:10].split("-") if written else []
    return "/".join(reversed(parts)) if all(part.isdigit() for part in parts) else str(written)


def validity(told: dict[str, Any]) -> tuple[str, str]:
    """(kind of notice, sentence)."""
    on = day(told["on"])
    match told["state"]:
        case "valid":
            return "good", f"Còn hiệu lực vào ngày {on}, đến hết {day(told['valid_until'])}."
        case "expired":
            return "bad", f"Đã hết hiệu lực từ sau {day(told['valid_until'])}: không dùng thay bản còn hiệu lực được."
        case "not_yet":
            return "bad", f"Chưa có hiệu lực vào ngày {on}: có hiệu lực từ {day(told['valid_from'])}."
    return "doubt", "Giấy không ghi thời hạn, hoặc ngày ghi trên giấy chưa đủ để kết luận: đối chiếu với quy định."


def trust(told: dict[str, Any]) -> list[tuple[str, str]]:
    """(kind, sentence), what speaks against it first."""
    said: list[tuple[str, str]] = []
    if told["doubtful_fields"]:
        said.append(("doubt", f"{told['doubtful_fields']} thông tin máy đọc chưa chắc: đối chiếu với bản PDF."))
    if not told["second_person"]:
        said.append(("doubt", "Một người vừa duyệt vừa công bố."))
    else:
        said.append(("good", "Một người duyệt, người khác công bố."))
    if told["published_on"]:
        said.append(("good", f"Công bố ngày {day(told['published_on'])}."))
    if told["corrected_fields"]:
        said.append(("good", f"{len(told['corrected_fields'])} thông tin đã được người sửa lại cho đúng với giấy."))
    if told["verified_at"]:
        said.append(("good", f"Bản lưu được đối chiếu mã băm lần gần nhất ngày {day(told['verified_at'])}."))
    return said
