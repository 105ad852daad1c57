"""What readers write down about articles: plain text, for themselves alone."""

import unicodedata
from datetime import datetime

from germane.web.readers.models import Note

MAX_NOTE = 20_000  # characters


class NoteTooLong(ValueError):  # noqa: N818
    """A note of more than `MAX_NOTE` characters. Trying again cannot help; a shorter one can."""

    permanent = True


def write_note(reader_id: int, article_id: int, text: str, now: datetime) -> bool:
    """Keep a reader's note of an article in place of the one there was; an empty one removes it.

    Returns whether there is a note now. Raises NoteTooLong.
    """
    text = clean_text(text)
    if len(text) > MAX_NOTE:
        raise NoteTooLong(f"a note has at most {MAX_NOTE:,} characters, and this one has {len(text):,}")
    if not text:
        Note.objects.filter(reader_id=reader_id, article_id=article_id).delete()
        return False
    kept = {"text": text, "changed_at": now}
    Note.objects.update_or_create(reader_id=reader_id, article_id=article_id, defaults=kept)
    return True


def clean_text(text: str) -> str:
    """Return what somebody typed with plain line ends and without control characters, which no page can show."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()
