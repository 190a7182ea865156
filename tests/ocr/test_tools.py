from __future__ import annotations

from pathlib import Path

import pytest

from ocr import tools


def program(folder: Path, script: str) -> None:
    file = folder / "tesseract"
    file.write_text("#!/bin/sh\n" + script)
    file.chmod(0o755)


def test_the_installed_program_is_ready() -> None:
    tool = tools.tesseract()
    assert tool.is_ready
    assert tool.version is not None
    assert tool.version[0].isdigit()


def test_a_missing_program_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert tools.tesseract() == tools.Tool("tesseract", None, ("vie", "osd"))
    assert not tools.tesseract().is_ready


def test_missing_language_data_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, 'if [ "$1" = --version ]; then echo "tesseract 5.3.0"; else echo eng; echo osd; fi\n')
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    tool = tools.tesseract()
    assert (tool.version, tool.missing_parts, tool.is_ready) == ("5.3.0", ("vie",), False)


def test_a_program_that_does_not_start_has_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "exit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert not tools.tesseract().is_ready
