"""External programs that recognition needs: are they there, and which versions?"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

LANGUAGES = ("vie", "osd")  # of Tesseract: Vietnamese, and which way up


@dataclass(frozen=True, slots=True)
class Tool:
    name: str
    version: str | None  # None where it is not installed
    missing_parts: tuple[str, ...] = ()  # language data that it needs

    @property
    def is_ready(self) -> bool:
        return self.version is not None and not self.missing_parts


def tesseract() -> Tool:
    if shutil.which("tesseract") is None:
        return Tool("tesseract", None, LANGUAGES)
    told = _output("--version")
    version = re.search(r"tesseract\s+v?(\S+)", told)
    languages = set(_output("--list-langs").split())
    missing = tuple(language for language in LANGUAGES if language not in languages)
    return Tool("tesseract", version.group(1) if version else None, missing)


def _output(argument: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603
            ["tesseract", argument],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr
