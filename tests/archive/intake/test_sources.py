from __future__ import annotations

import io
import os
import struct
import unicodedata
import zipfile
from pathlib import Path

import pytest

from archive.intake import zips
from archive.intake.refusal import Refused
from archive.intake.sources import delivered, find, open_steady
from archive.storage.durable import digest_of

PDF = b"%PDF-1.7\n"


def outcomes(tmp_path: Path, *paths: Path, entry_bytes: int = 1 << 20) -> dict[str, bytes | str]:
    """Name -> bytes that would be received, or the reason of the refusal."""
    workspace = tmp_path / "workspace"
    workspace.mkdir(exist_ok=True)
    told: dict[str, bytes | str] = {}
    for source in find(list(paths), entry_bytes=entry_bytes):
        for file in delivered(source, workspace):
            if file.refusal is not None:
                told[file.name] = file.refusal.reason
            else:
                assert file.path is not None
                told[file.name] = file.path.read_bytes()
    assert list(workspace.iterdir()) == []
    return told


def make_zip(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def test_a_folder_is_walked_and_links_are_told_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    (folder / "hồ sơ").mkdir(parents=True)
    (folder / "a.pdf").write_bytes(PDF)
    (folder / "hồ sơ" / "b.pdf").write_bytes(PDF + b"b")
    (folder / "link.pdf").symlink_to("/etc/passwd")
    (folder / "up").symlink_to("/etc")
    os.mkfifo(folder / "pipe.pdf")
    assert outcomes(tmp_path, folder) == {
        "a.pdf": PDF,
        "hồ sơ/b.pdf": PDF + b"b",
        "link.pdf": "file.not_regular",
        "up": "file.not_regular",
        "pipe.pdf": "file.not_regular",
    }


def test_decomposed_names_on_disk_come_composed(tmp_path: Path) -> None:
    path = tmp_path / unicodedata.normalize("NFD", "tờ trình.pdf")
    path.write_bytes(PDF)
    assert outcomes(tmp_path, path) == {"tờ trình.pdf": PDF}


def test_names_that_are_no_utf8_are_still_delivered(tmp_path: Path) -> None:
    folder = tmp_path / "delivery"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.pdf")).write_bytes(PDF)
    assert outcomes(tmp_path, folder) == {"\ufffd.pdf": PDF}


def test_a_zip_gives_its_files_whatever_the_coding_of_their_names(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"thư mục/tờ trình.pdf": PDF, "b.pdf": b"b" * 5000})
    raw = path.read_bytes()
    # the same names without the mark that they are UTF-8
    unmarked = bytearray(raw)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := raw.find(magic, at + 1)) >= 0:
            flags = struct.unpack_from("<H", unmarked, at + offset)[0]
            struct.pack_into("<H", unmarked, at + offset, flags & ~0x800)
    path.write_bytes(bytes(unmarked))
    assert outcomes(tmp_path, path) == {"thư mục/tờ trình.pdf": PDF, "b.pdf": b"b" * 5000}


def test_entries_with_the_same_name_are_each_delivered(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.pdf", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.pdf", b"two")
    (source,) = find([path], entry_bytes=1 << 20)
    contents = [file.path.read_bytes() for file in delivered(source, tmp_path) if file.path]
    assert contents == [b"one", b"two"]


def test_tricks_in_a_zip_are_refused_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    link = zipfile.ZipInfo("link.pdf")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../evil.pdf", PDF)
        archive.writestr("/abs.pdf", PDF)
        archive.writestr("n" * 300 + ".pdf", PDF)
        archive.writestr(link, "/etc/passwd")
        archive.writestr("big.pdf", os.urandom(3000))
        archive.writestr("good.pdf", PDF)
    told = outcomes(tmp_path, path, entry_bytes=2000)
    assert told.pop("good.pdf") == PDF
    assert sorted(str(reason) for reason in told.values()) == [
        "file.not_regular",
        "file.too_big",
        "name.leads_elsewhere",
        "name.leads_elsewhere",
        "name.too_long",
    ]


def test_a_damaged_entry_leaves_the_others(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"a.pdf": b"A" * 100, "b.pdf": b"B" * 100}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"A" * 100, b"A" * 99 + b"!"))
    assert outcomes(tmp_path, path) == {"a.pdf": "zip.entry_damaged", "b.pdf": b"B" * 100}


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"a.pdf": PDF})
    raw = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.find(magic) + offset] |= 1
    path.write_bytes(bytes(raw))
    assert outcomes(tmp_path, path) == {"a.pdf": "zip.entry_encrypted"}


def test_a_bomb_by_ratio_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"bomb.pdf": bytes(zips.RATIO_FROM_BYTES + 1), "good.pdf": PDF})
    assert outcomes(tmp_path, path, entry_bytes=1 << 30) == {"bomb.pdf": "zip.bomb", "good.pdf": PDF}


def test_a_bomb_of_overlapping_entries_is_refused_whole(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {f"{n}.pdf": os.urandom(100) for n in range(3)}, zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    at = -1
    while (at := raw.find(b"PK\x01\x02", at + 1)) >= 0:
        struct.pack_into("<I", raw, at + 42, 0)  # every entry begins where the first does
    path.write_bytes(bytes(raw))
    assert outcomes(tmp_path, path) == {"x.zip": "zip.bomb"}


def test_an_entry_that_says_it_is_smaller_than_it_is_is_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"a.pdf": b"A" * 50_000})
    raw = bytearray(path.read_bytes())
    struct.pack_into("<I", raw, raw.find(b"PK\x01\x02") + 24, 10)
    path.write_bytes(bytes(raw))
    assert outcomes(tmp_path, path) == {"a.pdf": "zip.entry_damaged"}


@pytest.mark.parametrize("content", [b"PK\x03\x04 and nothing after", b"PK\x03\x04" + bytes(5000)])
def test_a_zip_that_cannot_be_read_is_one_refusal(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    assert outcomes(tmp_path, path) == {"x.zip": "zip.damaged"}


def test_a_zip_with_too_many_files_is_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_zip(tmp_path / "x.zip", {f"{n}.pdf": PDF for n in range(zips.ENTRIES + 1)}, zipfile.ZIP_STORED)
    assert outcomes(tmp_path, path) == {"x.zip": "zip.too_many_entries"}


def test_an_empty_zip_is_told(tmp_path: Path) -> None:
    assert outcomes(tmp_path, make_zip(tmp_path / "x.zip", {})) == {"x.zip": "zip.empty"}


def test_a_path_that_is_not_there_is_a_wrong_command(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        find([tmp_path / "nowhere.pdf"], entry_bytes=1)


def test_a_file_that_grows_while_it_is_read_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF * 200_000)
    with open_steady(path) as stream:
        stream.read(10)
        with path.open("ab") as scanner:
            scanner.write(b"more")
        with pytest.raises(Refused) as refused:
            digest_of(stream)
    assert refused.value.refusal.reason == "file.still_written"


def test_a_steady_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    content = os.urandom(3_000_000)
    path.write_bytes(content)
    with open_steady(path) as stream:
        assert io.BytesIO(stream.read()).getvalue() == content
