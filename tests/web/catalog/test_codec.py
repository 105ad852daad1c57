"""How reasons for similar articles are kept."""

import msgspec
import pytest

from germane.item import Evidence
from germane.relate.reasons import MATCHER
from germane.web.catalog.codec import pack_evidence, unpack_evidence

USUAL = (
    Evidence("coupled", "12", "references", MATCHER, 0.375),
    Evidence("phrases", 'interscapular pain; "NRS" score', "keyphrases", MATCHER, 0.5),
    Evidence("semantic", "0.83", "vectors", MATCHER, 0.83),
)
OTHER = (
    Evidence("phrases", "needle", "title and abstract", MATCHER, 0.125),
    Evidence("phrases", "needle", "title and abstract", "similar/0", 0.125),
)


@pytest.mark.parametrize("found", [USUAL, OTHER, USUAL + OTHER])
def test_reasons_come_back_as_they_were(found: tuple[Evidence, ...]) -> None:
    assert unpack_evidence(pack_evidence(found)) == found


def test_they_take_less_than_half_of_what_they_say() -> None:
    assert len(pack_evidence(USUAL)) < len(msgspec.json.encode(USUAL)) / 2


def test_what_an_earlier_version_wrote_can_be_read() -> None:
    assert unpack_evidence(msgspec.json.encode(USUAL).decode()) == USUAL


def test_there_is_no_similar_article_without_a_reason() -> None:
    with pytest.raises(ValueError, match="without a reason"):
        pack_evidence(())
