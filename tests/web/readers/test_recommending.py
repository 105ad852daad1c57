"""From marks to a list: the model or similar articles, what is never recommended, and what is new at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import CaptureQueriesContext
from msgspec import structs

from germane.web import wiring
from germane.web.catalog.models import Article, Keyphrase, Similar, Venue
from germane.web.catalog.rows import NOTICE_BITS, phrase_number, phrase_slug
from germane.web.jobs import training
from germane.web.jobs.training import tend_model
from germane.web.readers import queries, recommending
from germane.web.readers.models import Reader
from germane.web.readers.queries import Excluded, Marks, Weighted
from germane.web.readers.recommending import Wish, recommend_for
from germane.web.readers.store import marks
from tests.web.jobs.test_stages import grow
from tests.web.pages.making import bare, make_article
from tests.web.readers.people import DAY, NOW, make_reader

pytestmark = pytest.mark.django_db
PLAIN = Wish()


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "ENVIRONMENT", structs.replace(settings.ENVIRONMENT, home=tmp_path / "home"))
    wiring.index.cache_clear()
    yield
    wiring.index.cache_clear()


def number(n: int) -> int:
    return int(Article.objects.get(doi=f"10.5555/{n}").pk)


def liking(*ids: int, **more: object) -> Marks:
    return structs.replace(recommending.NO_MARKS, liked=dict.fromkeys(ids, NOW), **more)


def ids_for(given: Marks, wish: Wish = PLAIN, n: int = 10) -> list[int]:
    return [each.article_id for each in recommend_for(given, wish, n=n)]


def make_crowd(n_readers: int = 20, n_liked: int = 5) -> None:
    """Let readers like articles of one topic each."""
    for at in range(n_readers):
        reader = make_reader(f"crowd{at}")
        for step in range(n_liked):
            marks.like(reader.pk, number((at % 3) + 3 * ((at + step) % 6)), NOW)


def test_without_a_model_similar_articles_are_recommended_each_with_its_because(tmp_path: Path) -> None:
    grow(tmp_path, range(12), "first.jsonl")
    found = recommend_for(liking(number(0)))
    assert number(3) in [each.article_id for each in found]
    assert all([b.article_id for b in each.because] == [number(0)] for each in found)
    assert number(0) not in [each.article_id for each in found]
    assert recommend_for(recommending.NO_MARKS) == []


def test_an_article_imported_a_minute_ago_is_recommended_with_and_without_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "MIN_LIKES", 50)
    grow(tmp_path, range(18), "first.jsonl")
    reader = make_reader("ada")
    marks.like(reader.pk, number(0), NOW)
    grow(tmp_path, range(18, 19), "second.jsonl")
    assert number(18) in ids_for(queries.marks_of(reader.pk))  # of the same topic
    make_crowd()
    assert tend_model(NOW).is_trained
    assert number(18) in ids_for(queries.marks_of(reader.pk))
    grow(tmp_path, range(21, 22), "third.jsonl")
    assert number(21) not in ids_for(queries.marks_of(reader.pk))
    done = tend_model(NOW + DAY / 24)
    assert (done.is_trained, done.n_newcomers) == (False, 1)
    assert number(21) in ids_for(queries.marks_of(reader.pk))
    assert tend_model(NOW + DAY / 24).n_newcomers == 0
    # a like of what the model does not know yet, and of nothing else, is answered by similar articles
    grow(tmp_path, range(24, 25), "fourth.jsonl")
    assert ids_for(liking(number(24)))


def test_a_model_is_trained_when_there_are_enough_likes_again_after_a_day_and_goes_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "MIN_LIKES", 50)
    grow(tmp_path, range(18), "first.jsonl")
    assert tend_model(NOW).is_too_few
    assert recommending.shared_model().current() is None
    make_crowd()
    assert tend_model(NOW).is_trained
    assert recommending.shared_model().current() is not None
    assert not tend_model(NOW + DAY / 2).is_trained
    assert tend_model(NOW + DAY / 2, is_forced=True).is_trained
    assert tend_model(NOW + 2 * DAY).is_trained
    monkeypatch.setattr(training, "train", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tend_model(NOW + 4 * DAY)
    assert recommending.shared_model().current() is not None  # the old one
    Reader.objects.all().delete()
    assert tend_model(NOW + 5 * DAY).is_too_few
    assert recommending.shared_model().current() is None


@pytest.mark.parametrize("with_model", [False, True])
def test_what_is_known_retracted_excluded_or_another_version_is_never_recommended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_model: bool
) -> None:
    grow(tmp_path, range(24), "first.jsonl")
    if with_model:
        monkeypatch.setattr(training, "MIN_LIKES", 50)
        make_crowd()
        assert tend_model(NOW).is_trained
    one, read, dismissed, retracted, version, other, gone, venue = (number(3 * n) for n in range(8))
    Article.objects.filter(pk=retracted).update(notices=NOTICE_BITS["retraction"])
    Article.objects.filter(pk=version).update(cluster_id=one)
    Article.objects.filter(pk=one).update(cluster_id=one)
    Article.objects.filter(pk=gone).update(is_deleted=True)
    assert {other, venue} <= set(ids_for(liking(one), n=20))
    bad = Venue.objects.create(slug="bad", name="Bad")
    Article.objects.filter(pk=venue).update(venue_id=bad.pk)
    given = liking(
        one,
        read=frozenset([read]),
        dismissed={dismissed: NOW},
        exclusions=(Excluded("venue", str(bad.pk), "Bad"),),
    )
    found = ids_for(given, n=20)
    assert other in found
    assert not {one, read, dismissed, retracted, version, gone, venue} & set(found)


def test_of_ten_at_most_two_are_of_one_venue_and_year(tmp_path: Path) -> None:
    grow(tmp_path, range(18), "first.jsonl")
    one = Venue.objects.create(slug="one", name="One")
    assert len(ids_for(liking(number(0)))) > 2
    Article.objects.update(venue_id=one.pk, sort_on=20200000)
    assert len(ids_for(liking(number(0)))) == 2


def test_an_author_is_left_out_by_name_by_orcid_and_behind_the_byline_s_end(tmp_path: Path) -> None:
    grow(tmp_path, range(12), "first.jsonl")
    Article.objects.filter(pk=number(3)).update(byline="Ann Lee, Zoë Müller")
    assert number(3) in ids_for(liking(number(0)))
    for name in ("Zoe Muller", "müller", "zoë müller"):
        assert number(3) not in ids_for(liking(number(0)), Wish(exclusions=(Excluded("author", name, name),)))
    assert number(3) in ids_for(liking(number(0)), Wish(exclusions=(Excluded("author", "Mull", "Mull"),)))


def test_a_topic_is_left_out_for_now_and_for_good(tmp_path: Path) -> None:
    grow(tmp_path, range(12), "first.jsonl")
    found = ids_for(liking(number(0)))
    phrase = next(k.phrase for k in Keyphrase.objects.all() if "soil moisture" in k.phrase.lower())
    excluded = Excluded("topic", phrase_slug(phrase), phrase)
    assert phrase_number(excluded.value)
    fewer = ids_for(liking(number(0)), Wish(exclusions=(excluded,)))
    assert set(fewer) < set(found)
    assert ids_for(liking(number(0), exclusions=(excluded,))) == fewer


def test_a_phrase_of_the_profile_speaks_by_itself_and_is_named(tmp_path: Path) -> None:
    grow(tmp_path, range(12), "first.jsonl")
    phrase = next(k for k in Keyphrase.objects.all() if "random graphs" in k.phrase.lower())
    said = Weighted(phrase_slug(phrase.phrase), phrase.phrase, 1.0)
    found = recommend_for(structs.replace(recommending.NO_MARKS, phrases=(said,)))
    assert found
    assert {b.phrase for each in found for b in each.because} == {phrase.phrase}
    own = Weighted("spectral-gaps-of-random", "spectral gaps of random", 1.0)  # nobody's keyphrase: looked for in texts
    assert recommend_for(structs.replace(recommending.NO_MARKS, phrases=(own,)))
    assert recommend_for(structs.replace(recommending.NO_MARKS, phrases=(said._replace(weight=-1.0),))) == []


def test_a_merged_article_speaks_as_the_one_that_it_is_now(tmp_path: Path) -> None:
    grow(tmp_path, range(12), "first.jsonl")
    gone = make_article(bare("Merged", "10.5555/merged"), merged_into=number(0))
    assert ids_for(liking(gone.pk)) == ids_for(liking(number(0)))
    assert Similar.objects.filter(article_id=number(0)).exists()


def test_many_marks_are_read_in_as_many_queries_as_few(tmp_path: Path) -> None:
    grow(tmp_path, range(12), "first.jsonl")
    n_queries = []
    for some in ([number(0)], [number(n) for n in range(9)]):
        with CaptureQueriesContext(connections["default"]) as asked:
            recommend_for(liking(*some))
        n_queries.append(len(asked))
    assert n_queries[0] == n_queries[1] <= 4
