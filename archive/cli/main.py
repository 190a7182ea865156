"""The command `archive`: finds the module of one command, runs it, turns what went wrong into an exit code."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.cli.output import Output


class CommandModule(Protocol):
    """What each module of a command offers; it is imported only when its command was asked for."""

    def add(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""
        ...

    def run(self, args: argparse.Namespace, out: Output) -> int:
        """Do it; 0 done, 1 findings. What it raises is looked up in archive.cli.errors."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    help: str
    module: str


COMMANDS = (
    Command("ocr", "nhận dạng chữ trong một tệp PDF hoặc ảnh", "archive.cli.ocr"),
    Command("extract", "nhận dạng và trích các trường thông tin của văn bản", "archive.cli.extract"),
    Command("pdf", "làm PDF/A-2b tìm kiếm được từ một tệp", "archive.cli.pdf"),
    Command("ingest", "tiếp nhận tệp, thư mục hoặc tệp zip vào kho", "archive.cli.ingest"),
    Command("batch", "tình trạng và đối chiếu của một lô tiếp nhận", "archive.cli.batch"),
    Command("search", "tìm văn bản theo nội dung, có dấu hoặc không dấu", "archive.cli.search"),
    Command("show", "xem một văn bản theo số biên nhận hoặc mã", "archive.cli.show"),
    Command("export", "xuất gói tin AIP, SIP, DIP hoặc BagIt", "archive.cli.later"),
    Command("retention", "thời hạn lưu trữ", "archive.cli.later"),
    Command("hold", "tạm dừng hủy hồ sơ", "archive.cli.later"),
    Command("dispose", "hủy tài liệu hết giá trị theo quy trình", "archive.cli.later"),
    Command("fixity", "kiểm tra toàn vẹn của các tệp đang lưu", "archive.cli.fixity"),
    Command("audit", "kiểm tra chuỗi nhật ký", "archive.cli.audit"),
    Command("reindex", "lập lại chỉ mục tìm kiếm từ kho", "archive.cli.reindex"),
    Command("reconcile", "đối chiếu cơ sở dữ liệu, kho tệp và chỉ mục", "archive.cli.reconcile"),
    Command("backup", "sao lưu kho", "archive.cli.later"),
    Command("restore", "khôi phục kho từ bản sao lưu", "archive.cli.later"),
    Command("serve", "chạy dịch vụ và trang web", "archive.cli.serve"),
    Command("worker", "chạy một tiến trình xử lý riêng", "archive.cli.later"),
    Command("doctor", "xem máy này còn thiếu gì và phải làm gì", "archive.cli.doctor"),
    Command("demo", "nạp hồ sơ mẫu để xem thử", "archive.cli.demo"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; exit codes: 0 done, 1 findings, 2 wrong use, 3 a part is not available."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser, module = _parser(words)
    args = parser.parse_args(words)
    if module is None:
        parser.print_help(sys.stderr)
        return 2
    out = Output(json_mode=args.json)
    from archive.cli.errors import report

    try:
        return module.run(args, out)
    except KeyboardInterrupt:
        out.note("Đã dừng theo yêu cầu.")
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left: nothing more can be said to it
        return 1
    except Exception as error:
        return report(error, out)


def _parser(words: Sequence[str]) -> tuple[argparse.ArgumentParser, CommandModule | None]:
    """The whole parser, with the arguments of the one command that was asked for."""
    parser = argparse.ArgumentParser(
        prog="archive",
        description="Kho lưu trữ số: từ bản quét đến văn bản tìm thấy được.",
        epilog="Xem từng lệnh: archive LỆNH --help. Mã thoát: 0 xong, 1 có điều cần xem, 2 dùng sai, 3 thiếu thành phần.",
    )
    commands = parser.add_subparsers(dest="command", metavar="LỆNH")
    asked = next((word for word in words if not word.startswith("-")), None)
    module: CommandModule | None = None
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help.capitalize() + ".")
        sub.add_argument("--json", action="store_true", help="in đúng một tài liệu JSON ra stdout")
        if command.name == asked:
            module = importlib.import_module(command.module)  # type: ignore[assignment]
            assert module is not None
            module.add(sub)
    return parser, module


if __name__ == "__main__":
    sys.exit(main())
