"""Why two articles are similar and why a phrase was chosen: the library's explanations of what the catalog holds."""

from msgspec import Struct

from germane.enrich.keyphrases import Explanation, explain_keyphrases
from germane.relate.similar import Share, explain_similar
from germane.text import plain_text
from germane.web import wiring
from germane.web.catalog import stale
from germane.web.catalog.relating import links_of
from germane.web.jobs import work


class Pair(Struct, frozen=True):
    """What makes an article similar to another; the shares add up to 1, or there are none."""

    title: str
    other_title: str
    shares: list[Share]


def explain_pair(article_id: int, other_id: int) -> Pair:
    """Return what makes one article similar to another. Raises IndexFailure."""
    [near] = stale.read_neighborhoods([article_id])
    [other] = stale.read_documents([other_id])
    shares = explain_similar(wiring.index(), near.document, other_id, embedder=wiring.embedder(), links=links_of(near))
    return Pair(near.document.title, other.title, shares)


def explain_phrases(article_id: int, n: int) -> list[Explanation]:
    """Return what makes each keyphrase of an article score as it does, the best phrase first."""
    [text] = stale.read_texts([article_id])
    title, abstract = plain_text(text.title), plain_text(text.abstract)
    language = work.language_of(text, title, abstract)
    return explain_keyphrases(title, abstract, n=n, language=language, keywords=text.keywords)
