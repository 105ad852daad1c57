"""The licence gate: which abstracts the operator's policy permits to be shown. Every route reads them through here.

Policies (`GERMANE_ABSTRACTS`): *open-only*: an open licence is recorded for the abstract or its record, or the summary
is our own; *crossref*: also what publishers deposited with Crossref, which passes it on to everybody; *all-local*:
everything that the operator loaded.
"""

from collections.abc import Iterable

from django.conf import settings

from germane.web.catalog.rows import ShownAbstract

_OPEN = ("cc0", "cc-by", "public-domain", "pd", "cc-zero")  # the beginning of the short name
_CLOSED = ("cc-by-nd", "cc-by-nc")  # open to read, but not to shorten or not for everybody


def permits(policy: str, *, source: str, license: str, basis: str) -> bool:
    """Tell whether an abstract may be shown under a policy."""
    if policy == "all-local" or basis == "own-summary":
        return True
    name = license.lower()
    if name.startswith(_OPEN) and not name.startswith(_CLOSED):
        return True
    return policy == "crossref" and source == "crossref"


def choose_abstract(
    candidates: Iterable[ShownAbstract], language: str = "", policy: str = ""
) -> tuple[ShownAbstract | None, bool]:
    """Return the best permitted abstract, and whether one exists that is withheld.

    The authors' own words come before a summary, the article's language before others, the longest first.
    """
    policy = policy or settings.ENVIRONMENT.abstracts
    everything = list(candidates)
    shown = [a for a in everything if permits(policy, source=a.source, license=a.license, basis=a.basis)]
    best = max(
        shown,
        key=lambda a: (a.basis == "authors", a.language in ("", language), a.language == "en", len(a.html), a.source),
        default=None,
    )
    return best, best is None and bool(everything)
