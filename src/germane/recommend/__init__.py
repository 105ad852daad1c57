"""Likes → ranked articles, each with its because.

What a reader likes is a `Profile`; what all readers' likes and all articles' words and citations say is a `Model`; both
together make `Recommendation`s. The evidence code of every recommendation is `liked`.

`training` makes a model and keeps it in a folder, `storing` opens it in any number of processes, `rank.recommend` asks.
Without a model, while nobody has liked anything yet, `rank.recommend_similar` goes by similar articles.
"""

from msgspec import Struct

EVIDENCE = "liked"


class Because(Struct, frozen=True):
    """One liked article's part in a recommendation, or one phrase's of the reader's profile."""

    article_id: int  # 0: it is the phrase
    share: float  # 0..1, of what all liked articles and phrases give to it
    phrase: str = ""


class Recommendation(Struct, frozen=True):
    """One article for one reader."""

    article_id: int
    score: float  # higher is better; comparable within one list only
    because: tuple[Because, ...]  # the greatest share first
    is_step_outside: bool = False  # taken from farther off than the rest, so that a list is no echo


class ModelUnusable(Exception):  # noqa: N818 (the files are, and a new training mends it)
    """A model is absent, damaged or of another version; the message says which. Training again helps."""
