"""Mails to many readers: one connection, at a pace, each with a link that ends them (RFC 8058).

What cannot be sent is told, and stays to be sent; an address that the mail server refuses for good does not hold up
others.
"""

import logging
import smtplib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.signing import BadSignature, Signer

logger = logging.getLogger(__name__)

PER_S = 10  # mails a second, at most
_SALT = "germane.alert-mails"


class Mail(NamedTuple):
    """A mail to a reader."""

    reader_id: int
    address: str
    subject: str
    body: str
    unsubscribe: str  # the address that ends such mails when it is posted to
    html: str = ""  # the same as markup, if any


class MailFailure(RuntimeError):  # noqa: N818
    """Mails cannot be sent just now. Trying again later can help: what was not sent waits."""

    permanent = False


def send_mails(mails: Iterable[Mail], wait: Callable[[float], None] = time.sleep) -> Iterator[tuple[Mail, bool]]:
    """Send mails, yielding each when it was sent (True) or refused for good (False).

    Raises MailFailure when the mail server does not answer or takes nothing; what was not yielded was not sent.
    """
    connection = get_connection()
    try:
        for mail in mails:
            yield mail, _send(connection, mail)
            wait(1 / PER_S)
    finally:
        connection.close()


def make_key(reader_id: int) -> str:
    """Return what stands in an address instead of a reader, so that nobody can make one up."""
    return Signer(salt=_SALT).sign(str(reader_id))


def read_key(key: str) -> int:
    """Return the reader for whom a key was made. Raises BadSignature for one that was not made here."""
    number = Signer(salt=_SALT).unsign(key)
    if not number.isdigit():
        raise BadSignature(number)
    return int(number)


def _send(connection: BaseEmailBackend, mail: Mail) -> bool:
    headers = {"List-Unsubscribe": f"<{mail.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
               "Auto-Submitted": "auto-generated"}  # fmt: skip
    message = EmailMultiAlternatives(
        mail.subject, mail.body, settings.DEFAULT_FROM_EMAIL, [mail.address], headers=headers,
        connection=connection,
    )  # fmt: skip
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, UnicodeError) as error:
        if _is_for_now(error):
            raise MailFailure(f"the mail server takes no mails just now: {error}") from error
        logger.warning("a mail was refused", extra={"reader": mail.reader_id, "error": type(error).__name__})
        return False
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailure(f"mails cannot be sent: {error}") from error
    return True


def _is_for_now(error: Exception) -> bool:
    """Tell whether a mail server's answer says that trying again can help: its code is 4xx (RFC 5321, 4.2.1)."""
    if isinstance(error, smtplib.SMTPDataError):
        return 400 <= error.smtp_code < 500
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(400 <= code < 500 for code, _ in error.recipients.values())
    return False
