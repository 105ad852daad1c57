"""How reasons for similar articles are kept."""

import msgspec
import pytest

from germane.item import Evidence
from germane.relate.reasons import MATCHER
from germane.web.catalog.codec import pack_similar, unpack_similar

USUAL = (
    Evidence("coupled", "12", "references", MATCHER, 0.375),
    Evidence("phrases", 'interscapular pain; "NRS" score', "keyphrases", MATCHER, 0.5),
    Evidence("semantic", "0.83", "vectors", MATCHER, 0.83),
)
OTHER = (
    Evidence("phrases", "needle", "title and abstract", MATCHER, 0.125),
    Evidence("phrases", "needle", "title and abstract", "similar/0", 0.125),
)


@pytest.mark.parametrize("found", [USUAL, OTHER[:1], OTHER[1:]])
def test_reasons_come_back_as_they_were(found: tuple[Evidence, ...]) -> None:
    assert unpack_similar(pack_similar(1, [(2, 0.5, found)])) == [(2, 0.5, found)]


def test_a_list_takes_a_quarter_of_what_it_says() -> None:
    found = [(number, 1 / number, USUAL) for number in range(2, 22)]
    assert len(pack_similar(1, found)) < len(msgspec.json.encode(found)) / 4


def test_there_is_no_similar_article_without_a_reason() -> None:
    with pytest.raises(ValueError, match="without a reason"):
        pack_similar(1, [(2, 0.5, USUAL), (3, 0.5, ())])


def test_no_article_is_similar_to_itself() -> None:
    with pytest.raises(ValueError, match="similar to itself"):
        pack_similar(1, [(1, 0.5, USUAL)])
