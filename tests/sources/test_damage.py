"""What is wrong with one record costs that record, says so, and nothing else."""

import io
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from germane.reading import ReadingError
from germane.reading.opening import open_text
from germane.sources import ParseError, arxiv, jats, nbib, pubmed

FIXTURES = Path(__file__).parent / "fixtures"
FILES = [
    (pubmed, FIXTURES / "pubmed/update.xml"),
    (nbib, FIXTURES / "nbib/records.nbib"),
    (jats, FIXTURES / "jats/article.xml"),
    (arxiv, FIXTURES / "arxiv/oai.xml"),
    (arxiv, FIXTURES / "arxiv/feed.xml"),
]
NOISE = [
    "",
    "<",
    ">",
    "&",
    "&#0;",
    "&nosuch;",
    "<!--",
    "]]>",
    "<![CDATA[",
    "<?",
    "</",
    "\0",
    "\x1f",
    "\u2028",
    "$\\frac{",
    '"',
]
PIECES = [
    (module, piece.text)
    for module, path in FILES
    for piece in module.split(open_text(io.BytesIO(path.read_bytes()), name=path.name))
]


@given(st.sampled_from(PIECES), st.floats(0, 1), st.integers(0, 300), st.sampled_from(NOISE))
@settings(max_examples=300, deadline=None)
def test_a_damaged_piece_is_read_or_refused_in_words(
    case: tuple[ModuleType, str], where: float, n_lost: int, noise: str
) -> None:
    module, piece = case
    start = int(where * len(piece))
    with suppress(ParseError):
        module.parse(piece[:start] + noise + piece[start + n_lost :])


@given(st.integers(0, 2), st.floats(0, 1), st.integers(0, 3000), st.sampled_from(["", "&", "<", "\0", "<b>", "</p>"]))
@example(1, 0.99609375, 1, "")  # the ">" of an end tag
@settings(max_examples=200, deadline=None)
def test_a_loss_inside_one_record_costs_no_other(victim: int, where: float, n_lost: int, noise: str) -> None:
    document = (FIXTURES / "pubmed/update.xml").read_text(encoding="utf-8")
    whole = list(pubmed.split(open_text(io.BytesIO(document.encode()), name="whole")))
    starts = [piece.offset for piece in whole]
    first = starts[victim] + len("<PubmedBookArticle>")
    last = starts[victim + 1] if victim + 1 < len(starts) else len(document)
    start = first + int(where * (last - first))
    damaged = document[:start] + noise + document[min(start + n_lost, last) :]
    found: set[str] = set()
    with suppress(ReadingError):
        for piece in pubmed.split(open_text(io.BytesIO(damaged.encode()), name="damaged")):
            with suppress(ParseError):
                found |= {entry.key for entry in pubmed.parse(piece.text) if not piece.error and hasattr(entry, "key")}
    others = {"90000001", "90000002", "90000003", "70000001", "70000002"} - {f"9000000{victim + 1}"}
    assert others <= found


@pytest.mark.parametrize("module", [pubmed, nbib, jats, arxiv])
def test_noise_is_nobodys_format(module: ModuleType) -> None:
    for head in (
        "",
        "\ufffd" * 100,
        "%PDF-1.7",
        "PK\x03\x04",
        "<",
        "{",
        "[",
        "<?xml version='1.0'?>",
        "{}" * 1000,
        "<a>" * 30_000,
    ):
        assert not module.sniff(head)
