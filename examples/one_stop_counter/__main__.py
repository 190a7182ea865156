"""`python -m examples.one_stop_counter --archive URL --token-file FILE [--agency CODE --task NUMBER]`."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from examples.one_stop_counter.app import make_app
from examples.one_stop_counter.archive_client import Archive
from examples.one_stop_counter.counter import PROCEDURES, Counter, read_procedures
from examples.one_stop_counter.dossiers import Dossiers


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="one_stop_counter", description="Quầy một cửa mẫu, dùng lại giấy tờ trong kho"
    )
    parser.add_argument("--archive", required=True, help="địa chỉ của kho, ví dụ https://kho.example")
    parser.add_argument("--token-file", required=True, type=Path, help="tệp chứa mã truy cập của tài khoản phần mềm")
    parser.add_argument("--agency", help="mã cơ quan nhận bản quét")
    parser.add_argument("--task", type=int, help="số nhiệm vụ số hoá nhận bản quét")
    parser.add_argument("--procedures", type=Path, default=PROCEDURES, help="bảng thủ tục và giấy tờ cần")
    parser.add_argument("--state", type=Path, default=Path("counter.sqlite"), help="tệp giữ hồ sơ của quầy")
    parser.add_argument("--port", type=int, default=8100)
    given = parser.parse_args()
    try:
        archive = Archive(given.archive, given.token_file.read_text(encoding="ascii").strip())
        procedures = read_procedures(given.procedures)
    except (OSError, ValueError, KeyError) as wrong:
        parser.error(f"--archive, --token-file hoặc --procedures không dùng được: {wrong}")
    counter = Counter(archive, Dossiers(given.state), procedures, given.agency, given.task)
    app = make_app(counter, ["127.0.0.1", "localhost"])
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning")
    archive.close()


if __name__ == "__main__":
    main()
