import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.errors import PartNotInstalled
from archive.web.assets import Assets
from tests.archive.web.conftest import Browser

Open = Callable[..., Browser]


def test_static_files_are_named_by_their_digest_and_kept_for_ever(browser: Open) -> None:
    somebody = browser()
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', somebody.get("/sign-in").text):
        answer = somebody.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
        assert hashlib.sha256(answer.content).hexdigest()[:16] == path.split("/")[2]


def test_a_static_file_under_an_old_digest_is_served_but_not_kept(browser: Open) -> None:
    answer = browser().get("/static/0000000000000000/style.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_what_is_no_static_file_is_not_found(browser: Open) -> None:
    assert browser().get("/static/x/..%2f..%2fapp.py").status_code == 404
    assert browser().get("/static/x/secret").status_code == 404


def test_the_compressed_form_is_the_same_file() -> None:
    assets = Assets()
    for asset in assets._assets.values():
        assert gzip.decompress(asset.compressed) == asset.body


def test_missing_packages_say_which_command_brings_them(tmp_path: Path) -> None:
    with pytest.raises(PartNotInstalled, match="make setup"):
        Assets(tmp_path)
