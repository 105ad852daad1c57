"""How what two articles share is told."""

from hypothesis import given, settings
from hypothesis import strategies as st

from germane.index import Match
from germane.relate.links import LINK_WEIGHTS, link_strength
from germane.relate.reasons import N_TOLD, evidence_of, holders, told_links, told_of
from germane.text import fold

PHRASES = st.lists(
    st.lists(st.sampled_from(["A", "b", "c", "é", "d-e", "!", "文"]), max_size=4).map(" ".join), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(PHRASES)
def test_a_phrase_is_held_by_those_that_it_is_a_part_of(phrases: list[str]) -> None:
    words = [f" {fold(phrase)} " for phrase in phrases]
    held = holders(phrases)
    for i, phrase in enumerate(words):
        for k, other in enumerate(words):
            is_part = i != k and phrase in other and (len(phrase) < len(other) or k < i)
            assert bool(held[i] >> k & 1) == is_part, (phrases[i], phrases[k])


@settings(max_examples=60, deadline=None)
@given(PHRASES, st.integers(min_value=0))
def test_the_first_shared_phrases_are_told_that_are_no_part_of_another_one(phrases: list[str], bits: int) -> None:
    held, shared = holders(phrases), bits & ((1 << len(phrases)) - 1)
    wanted = [p for i, p in enumerate(phrases) if shared >> i & 1 and not held[i] & shared]
    assert told_of(phrases, held, shared) == "; ".join(wanted[:N_TOLD])


def test_links_are_told_strongest_first_and_one_direction_alone() -> None:
    told = told_links(1, 1, 1, 9)
    assert [(e.code, e.matched) for e in told] == [("coupled", "9"), ("cites", "cites"), ("co-cited", "1")]
    assert [e.confidence for e in told] == [
        link_strength("coupled", 9),
        LINK_WEIGHTS["cites"],
        link_strength("co-cited", 1),
    ]
    assert [e.matched for e in told_links(0, 1, 0, 0)] == ["cited-by"]
    assert told_links(0, 0, 0, 0) == ()


def test_shared_words_stand_among_the_links_by_their_strength() -> None:
    strengths = {kind: (9, link_strength(kind, 9)) for kind in ("cites", "coupled")}

    def codes(score: float) -> list[str]:
        return [e.code for e in evidence_of([Match("text", "moss")], strengths, score=score, words=score, vectors=0.0)]

    assert codes(0.9) == ["phrases", "coupled", "cites"]
    assert codes(0.3) == ["coupled", "phrases", "cites"]
    assert codes(0.2) == ["coupled", "cites", "phrases"]
    assert codes(0.25) == ["coupled", "cites", "phrases"], "equal ones: the links first"
