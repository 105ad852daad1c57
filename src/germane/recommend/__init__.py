"""Likes → ranked articles, each with its because.

What a reader likes is a `Profile`; what all readers' likes and all articles' words and citations say is a `Model`; both
together make `Recommendation`s. The evidence code of every recommendation is `liked`.
"""

from msgspec import Struct

EVIDENCE = "liked"


class Because(Struct, frozen=True):
    """One liked article's part in a recommendation."""

    article_id: int
    share: float  # 0..1, of what all liked articles give to it


class Recommendation(Struct, frozen=True):
    """One article for one reader."""

    article_id: int
    score: float  # higher is better; comparable within one list only
    because: tuple[Because, ...]  # the greatest share first
    is_step_outside: bool = False  # taken from farther off than the rest, so that a list is no echo


class ModelUnusable(Exception):  # noqa: N818 (the file is, and a new training mends it)
    """A model file is absent, damaged or of another version; the message says which. Training again helps."""
