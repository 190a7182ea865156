"""Whatever happens in a child, the parent gets a result or a typed error, and nothing of the child stays."""

from __future__ import annotations

import importlib
import os
import resource
import select
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from ocr import forked, sandbox
from ocr.errors import ChildFailed, FileRefused
from ocr.sandbox import Limits

CHILDREN = "tests.ocr.children:"


def failure_of(function: str, limits: Limits | None = None, **arguments: object) -> ChildFailed:
    with pytest.raises(ChildFailed) as failure:
        sandbox.call(CHILDREN + function, arguments, limits=limits)
    return failure.value


def test_a_result_comes_back_as_it_was_given() -> None:
    arguments = {"text": "Quyết định số 15", "numbers": [1, 2.5, None], "long": "ă" * 300_000}
    assert sandbox.call(CHILDREN + "echo", arguments) == arguments


def test_a_child_that_hangs_is_killed_with_the_programs_it_started(tmp_path: Path) -> None:
    pid_file = tmp_path / "pids"
    failure = failure_of("hang", Limits(seconds=3), pid_file=str(pid_file))
    assert failure.reason == "file.too_slow"
    assert failure.retry
    assert_gone(pid_file)


def test_a_child_that_burns_its_cpu_time_is_stopped() -> None:
    assert failure_of("burn", Limits(seconds=60, cpu_seconds=1)).reason == "file.too_slow"


def test_a_child_that_fills_memory_is_stopped() -> None:
    failure = failure_of("grow", Limits(resident_bytes=200 * 2**20))
    assert failure.reason == "file.too_much_memory"
    assert not failure.retry


def test_the_memory_of_programs_that_a_child_starts_counts() -> None:
    assert failure_of("grow_in_a_program", Limits(resident_bytes=200 * 2**20)).reason == "file.too_much_memory"


def test_a_child_that_asks_for_more_than_its_address_space_fails_by_itself() -> None:
    assert failure_of("ask_for_too_much").reason == "file.too_much_memory"


def test_a_segmentation_fault_kills_only_the_child() -> None:
    failure = failure_of("segfault")
    assert failure.reason == "file.reader_crashed"
    assert failure.values["detail"] == "SIGSEGV"


def test_what_libraries_print_does_not_reach_the_answer() -> None:
    assert sandbox.call(CHILDREN + "print_rubbish", {}) == {"said": "sense"}


@pytest.mark.parametrize("function", ["answer_rubbish", "leave"])
def test_a_child_that_ends_without_an_answer_has_crashed(function: str) -> None:
    assert failure_of(function).reason == "file.reader_crashed"


def test_typed_errors_cross_the_border_with_their_values() -> None:
    with pytest.raises(FileRefused) as refusal:
        sandbox.call(CHILDREN + "refuse", {})
    assert refusal.value.reason == "file.too_many_pages"
    assert refusal.value.values == {"pages": 9, "limit": 5}


def test_the_words_of_a_foreign_exception_stay_behind() -> None:
    failure = failure_of("fail")
    assert failure.reason == "file.reader_crashed"
    assert "ValueError children.py" in str(failure)
    assert "secret" not in str(failure)


def test_a_child_cannot_write_a_file_beyond_its_limit(tmp_path: Path) -> None:
    target = tmp_path / "large"
    assert failure_of("write_too_large", Limits(file_bytes=2**20), path=str(target)).reason == "file.reader_crashed"
    assert target.stat().st_size <= 2**20


def test_what_a_child_leaves_in_its_temporary_folder_is_removed() -> None:
    left = Path(sandbox.call(CHILDREN + "leave_a_file", {})["path"])
    assert not left.parent.exists()


def test_secrets_of_the_environment_do_not_reach_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_DATABASE_URL", "postgresql://user:password@host/db")
    seen = sandbox.call(CHILDREN + "see_environment", {})
    assert "ARCHIVE_DATABASE_URL" not in seen
    assert seen["OMP_THREAD_LIMIT"] == "1"


def test_children_of_many_threads_do_not_hold_one_another(tmp_path: Path) -> None:
    """A pipe inherited by a sister would keep a child alive, or its answer open."""
    results: list[object] = []

    def call(number: int) -> None:
        results.append(sandbox.call(CHILDREN + "echo", {"number": number}, limits=Limits(seconds=60)))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result["number"] for result in results) == list(range(6))  # type: ignore[index]


@pytest.mark.parametrize("module", ["ocr.formats", "ocr.page_images", "ocr.pdf", "ocr.pipeline"])
def test_what_is_to_be_loaded_ahead_can_be_loaded(module: str) -> None:
    """The server passes over what it cannot load, so that nobody would see that a library moved its modules."""
    for name in importlib.import_module(module).LOADED_AHEAD:
        importlib.import_module(name)


def test_a_process_that_has_a_thousand_files_open_reads_on(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    try:
        with ExitStack() as held:
            for _ in range(1100):
                held.enter_context(Path(os.devnull).open())
            assert sandbox.call(CHILDREN + "echo", {"number": 1}) == {"number": 1}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pids"
    code = f"from ocr import sandbox\nsandbox.call('{CHILDREN}hang', {{'pid_file': {str(pid_file)!r}}})"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    wait_until_exists(pid_file, parent)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert_gone(pid_file)


def test_a_server_that_was_killed_has_a_successor_and_its_children_die_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pids"
    failures: list[ChildFailed] = []
    waiting = threading.Thread(target=lambda: failures.append(failure_of("hang", pid_file=str(pid_file))))
    waiting.start()
    wait_until_exists(pid_file)
    os.kill(sandbox.call(CHILDREN + "parent", {})["pid"], signal.SIGKILL)
    waiting.join()
    assert_gone(pid_file)
    assert (failures[0].reason, failures[0].retry) == ("file.reader_crashed", True)
    assert sandbox.call(CHILDREN + "echo", {"number": 1}) == {"number": 1}


def test_all_children_can_be_ended_at_once_and_their_calls_may_be_repeated(tmp_path: Path) -> None:
    pid_files = [tmp_path / name for name in ("one", "two")]
    failures: list[ChildFailed] = []

    def wait_for(pid_file: Path) -> None:
        failures.append(failure_of("hang", pid_file=str(pid_file)))

    waiting = [threading.Thread(target=wait_for, args=(pid_file,)) for pid_file in pid_files]
    for thread in waiting:
        thread.start()
    for pid_file in pid_files:
        wait_until_exists(pid_file)
    forked.end_all()
    for thread in waiting:
        thread.join()
    for pid_file in pid_files:
        assert_gone(pid_file)
    assert [failure.retry for failure in failures] == [True, True]
    assert sandbox.call(CHILDREN + "echo", {"number": 1}) == {"number": 1}


def test_what_a_child_has_of_its_server_is_not_counted_against_it() -> None:
    limits = Limits(resident_bytes=64 * 2**20)
    assert sandbox.call("tests.ocr.heavy:echo", {"number": 1}, limits=limits) == {"number": 1}
    with pytest.raises(ChildFailed) as failure:
        sandbox.call("tests.ocr.heavy:grow", {}, limits=limits)
    assert failure.value.reason == "file.too_much_memory"


def test_a_copy_of_this_process_has_a_server_of_its_own() -> None:
    """And does not keep the other's alive."""
    code = f"""
import os
from ocr import sandbox
def server():
    return sandbox.call("{CHILDREN}parent", {{}})["pid"]
first = server()
if os.fork() == 0:
    assert server() != first
    os._exit(0)
assert os.wait()[1] == 0
assert server() == first
"""
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True, timeout=120)


def wait_until_exists(path: Path, process: subprocess.Popen[bytes] | None = None) -> None:
    done = threading.Event()
    for _ in range(3000):
        if path.exists():
            return
        assert process is None or process.poll() is None, "the parent ended early"
        done.wait(0.02)
    raise AssertionError("the child did not start")


def assert_gone(pid_file: Path) -> None:
    """Every process named in the file ends; each is watched by its descriptor, without waiting in turns."""
    for pid in map(int, pid_file.read_text().split()):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            assert select.select([descriptor], [], [], 20)[0], f"process {pid} still runs"
        finally:
            os.close(descriptor)
