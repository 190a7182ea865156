"""Notices by mail to those who asked for them: plain text, numbers and links, one letter for all that is new."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from archive import i18n
from archive.access.identity import OFFICE_HOURS
from archive.actions.notice_mail import Letter, next_letter, record_letter
from archive.bootstrap import App
from archive.settings import Settings

MOST_LETTERS = 200  # of one run
SILENCE_S = 20.0  # of the server


def send_notices(app: App) -> int:
    """A bounded portion. Returns how many letters the server took; one that is away is tried at the next run.

    Who is killed between sending and the commit sends the same letter again, with the same Message-ID.
    """
    settings = app.settings
    if settings.smtp_url is None or settings.mail_from is None:
        return 0
    letter = _next(app)
    if letter is None:
        return 0
    sent = 0
    with _connection(settings) as server:
        for _ in range(MOST_LETTERS):
            refused = _refused(server, letter_of(letter, settings))
            with app.unit_of_work() as uow:
                record_letter(uow, letter, refused=refused, now=app.clock())
            sent += refused is None
            letter = _next(app)
            if letter is None:
                break
    return sent


def letter_of(letter: Letter, settings: Settings) -> EmailMessage:
    """The subject says no more than how many there are: it is read where mail is listed."""
    sender = str(settings.mail_from)
    base = settings.public_url or ""
    lines = [f"- {i18n.text(text.id, **text.values)}\n  {base}{link}" for text, link in letter.lines]
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, letter.address
    message["Subject"] = i18n.text("mail_out.subject", count=len(lines))
    message["Date"] = format_datetime(letter.at.astimezone(OFFICE_HOURS))
    digest = hashlib.sha256(b"".join(notice_id.bytes for notice_id in letter.notice_ids)).hexdigest()
    message["Message-ID"] = f"<{digest[:32]}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    ending = i18n.text("mail_out.ending", link=f"{base}/account")
    message.set_content("\n\n".join((i18n.text("mail_out.opening"), "\n".join(lines), ending)) + "\n")
    return message


def _next(app: App) -> Letter | None:
    with app.unit_of_work() as uow:
        return next_letter(uow, now=app.clock())


def _refused(server: smtplib.SMTP, message: EmailMessage) -> int | None:
    """The server's code where it does not take this letter. Raises SMTPServerDisconnected, OSError: it is away."""
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as refusal:
        return next(iter(refusal.recipients.values()))[0]
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPResponseException as refusal:
        return refusal.smtp_code
    return None


@contextmanager
def _connection(settings: Settings) -> Iterator[smtplib.SMTP]:
    """TLS always, but for a server on this machine that does not offer it."""
    parts = urlsplit(str(settings.smtp_url))
    host = str(parts.hostname)
    tls = ssl.create_default_context()
    if settings.ca_file is not None:
        tls.load_verify_locations(settings.ca_file)
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=SILENCE_S, context=tls)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=SILENCE_S)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and (server.has_extn("starttls") or not _is_loopback(host)):
            server.starttls(context=tls)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
