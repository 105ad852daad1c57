"""The articles most like one article, and their reasons."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from germane.index import Document, Index, open_index
from germane.relate.similar import LINK_WEIGHTS, Links, explain_similar, find_similar

MOSS = Document(
    id=1,
    title="Water transport in mosses of wet forests",
    abstract="We measured capillary rise along moss stems in wet forests of the north.",
    keyphrases=("capillary rise", "moss"),
)
CORPUS = (
    MOSS,
    Document(
        id=2, title="Capillary rise in mosses", abstract="Stems of moss hold water.", keyphrases=("capillary rise",)
    ),
    Document(id=3, title="Wet forests and their birds", abstract="Birds of the north live in wet forests."),
    Document(id=4, title="Wet forests and their bird", abstract="Birds of the north live in wet forests again."),
    Document(id=5, title="A moss withdrawn", abstract="Capillary rise in moss stems.", is_retracted=True),
    Document(id=6, title="Water transport in mosses of wet forests", abstract="The preprint of the moss article."),
    Document(id=7, title="Graph planning for robots", abstract="Robots plan with graphs."),
    Document(id=8, title="Northern stems", abstract="An essay."),
)


def test_broad_subjects_are_no_reason_and_do_not_weigh(tmp_path: Path) -> None:
    index = open_index("embedded:", tmp_path, create=True)
    tags = ("Humans", "Aged", "Middle Aged", "Internal medicine")
    index.add(
        [
            Document(id=1, title="Pheochromocytoma in pregnancy", keywords=("Pheochromocytoma", *tags)),
            Document(id=2, title="Surgical removal of adrenal tumors", keywords=("Pheochromocytoma", "Humans")),
            Document(id=3, title="Hearing aids and their wearers", keywords=(*tags, "Hearing Aids")),
            Document(id=4, title="Walking speed", keywords=("Aged", "Gait", "Common Heading")),
            *(Document(id=100 + i, title=f"Soil of field {i}", keywords=("Common Heading",)) for i in range(60)),
        ]
    )
    index.commit()
    first = Document(id=1, title="Pheochromocytoma in pregnancy", keywords=("Pheochromocytoma", *tags))
    assert [(s.article_id, s.evidence[0].matched) for s in find_similar(index, first)] == [(2, "Pheochromocytoma")]
    gait = Document(id=4, title="Walking speed", keywords=("Aged", "Gait", "Common Heading"))
    assert find_similar(index, gait) == []
    index.close()


def test_function_words_of_other_languages_are_no_reason(tmp_path: Path) -> None:
    index = open_index("embedded:", tmp_path, create=True)
    autism = Document(id=1, title="Autisme et parole", abstract="Les enfants avec des troubles dans une classe.")
    index.add([autism, Document(id=2, title="Voyelles longues", abstract="Les voyelles avec des accents dans une.")])
    index.add(Document(id=100 + i, title=f"Soil of field {i}") for i in range(60))
    index.commit()
    assert find_similar(index, autism) == []
    index.close()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = open_index("embedded:", tmp_path, create=True)
    index.add(CORPUS)
    index.add(Document(id=100 + i, title=f"Filler about tax law {i}", abstract="Courts and taxes.") for i in range(40))
    index.commit()
    yield index
    index.close()


def test_the_closest_comes_first_and_no_stranger_comes_at_all(index: Index) -> None:
    found = [s.article_id for s in find_similar(index, MOSS, same_work_ids=[6])]
    assert found[0] == 2
    assert set(found) == {2, 3, 8} or set(found) == {2, 4, 8}


def test_retracted_articles_and_other_versions_are_never_similar(index: Index) -> None:
    found = {s.article_id for s in find_similar(index, MOSS, same_work_ids=[6])}
    assert not found & {1, 5, 6}


def test_of_articles_with_nearly_one_title_only_the_best_stays(index: Index) -> None:
    found = [s.article_id for s in find_similar(index, MOSS)]
    assert len({3, 4} & set(found)) == 1


def test_scores_fall_from_1_to_0_and_every_article_has_a_reason(index: Index) -> None:
    found = find_similar(index, MOSS, links=Links(cites=frozenset({3})))
    scores = [s.score for s in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert all(s.evidence and all(e.matched for e in s.evidence) for s in found)


def test_a_shared_keyphrase_is_the_reason_where_there_is_one(index: Index) -> None:
    first = find_similar(index, MOSS)[1 if find_similar(index, MOSS)[0].article_id == 6 else 0]
    assert first.article_id == 2
    (evidence,) = first.evidence
    assert (evidence.code, evidence.where) == ("phrases", "keyphrases")
    assert evidence.matched.split("; ")[0] == "capillary rise"


def test_without_a_shared_keyphrase_the_most_telling_words_are_the_reason(index: Index) -> None:
    by_id = {s.article_id: s for s in find_similar(index, MOSS)}
    (evidence,) = by_id[8].evidence
    assert (evidence.code, evidence.matched) == ("phrases", "stems")  # as the article writes it: no stem "stem"
    assert evidence.where == "title and abstract"


def test_citations_lift_and_are_told(index: Index) -> None:
    links = Links(cites=frozenset({8}), co_cited={3: 7}, coupled={3: 12})
    plain = {s.article_id: s for s in find_similar(index, MOSS)}
    linked = {s.article_id: s for s in find_similar(index, MOSS, links=links)}
    assert linked[8].score > plain[8].score
    assert ("cites", "cites") in [(e.code, e.matched) for e in linked[8].evidence]
    assert {(e.code, e.matched) for e in linked[3].evidence} >= {("co-cited", "7"), ("coupled", "12")}
    cited_by = {s.article_id: s for s in find_similar(index, MOSS, links=Links(cited_by=frozenset({8})))}
    assert ("cites", "cited-by") in [(e.code, e.matched) for e in cited_by[8].evidence]


def test_the_explanation_shares_add_up_and_name_the_links(index: Index) -> None:
    shares = explain_similar(index, MOSS, 2, links=Links(coupled={2: 3}))
    assert sum(share.share for share in shares) == pytest.approx(1)
    assert ("coupled", "3") in [(share.kind, share.what) for share in shares]
    assert ("keyphrase", "capillary rise") in [(share.kind, share.what) for share in shares]
    assert explain_similar(index, MOSS, 7) == []


def test_the_explanation_is_of_the_very_score_that_the_list_shows(index: Index) -> None:
    links = Links(cites=frozenset({3}), co_cited={3: 7})
    [similar] = [s for s in find_similar(index, MOSS, links=links) if s.article_id == 3]
    shares = explain_similar(index, MOSS, 3, links=links)
    assert sum(share.value * share.weight for share in shares) == pytest.approx(similar.score, abs=1e-5)
    assert [share.share for share in shares] == sorted((share.share for share in shares), reverse=True)
    assert {share.kind for share in shares} == {"cites", "co-cited", "title", "word"}
    assert {share.what for share in shares if share.kind == "title"} == {"wet", "forests"}
    assert {share.what for share in shares if share.kind == "word"} == {"north"}


def test_the_same_question_has_the_same_answer(index: Index) -> None:
    assert find_similar(index, MOSS) == find_similar(index, MOSS)
    assert len(find_similar(index, MOSS, n=1)) == 1


def test_link_weights_leave_room_for_words() -> None:
    assert all(0 < weight < 1 for weight in LINK_WEIGHTS.values())
