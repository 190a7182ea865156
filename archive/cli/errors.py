"""What went wrong, as an exit code: the one table of it."""

from __future__ import annotations

import traceback

from archive import errors as application
from archive import i18n
from archive.cli.output import Output
from ocr import errors as reading
from search import errors as searching

FINDINGS, WRONG_USE, UNAVAILABLE = 1, 2, 3

EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (  # the first that fits counts
    (application.FileTooBig, FINDINGS),
    (application.InvalidInput, WRONG_USE),
    (application.PartUnavailable, UNAVAILABLE),
    (application.ArchiveError, FINDINGS),
    (reading.EngineMissing, UNAVAILABLE),
    (reading.OcrError, FINDINGS),
    (searching.InvalidQuery, WRONG_USE),
    (searching.SearchError, UNAVAILABLE),
    (FileNotFoundError, WRONG_USE),
    (FileExistsError, WRONG_USE),
    (IsADirectoryError, WRONG_USE),
    (PermissionError, WRONG_USE),
)


class NotYet(application.PartUnavailable):
    """A command of the contract whose part is not in this version."""

    message_id = "cli.not_yet"
    retry = False


def report(error: Exception, out: Output) -> int:
    """Say what went wrong, on stderr and with --json in the document too; returns the exit code."""
    code = next((code for cls, code in EXIT_CODES if isinstance(error, cls)), None)
    if code is None:
        traceback.print_exception(error)
        code = FINDINGS
        reason, message = "error.unexpected", i18n.text("error.unexpected")
    elif isinstance(error, OSError):
        reason, message = "cli.path_unreadable", i18n.text("cli.path_unreadable", path=error.filename)
    else:
        reason = getattr(error, "reason", "error.unexpected")
        message = i18n.text(reason, **getattr(error, "values", {}))
    out.note(message)
    out.document({"error": {"reason": reason, "message": message}})
    return code
