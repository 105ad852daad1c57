"""Where columns and dots stand."""

from hypothesis import given
from hypothesis import strategies as st

from germane.item import Evidence
from germane.web.catalog.rows import Counts, Line, SimilarLine
from germane.web.pages import charts


def near(number: int, score: float, phrase: str) -> SimilarLine:
    line = Line(number, f"/article/{number}", "T", "T", "", "", "", "2020", 20200000 + number, "article", "", False, (),
                Counts())  # fmt: skip
    return SimilarLine(line, score, (Evidence("phrases", phrase, "keyphrases", "m"),))


def test_a_column_is_as_tall_as_its_part_of_the_tallest() -> None:
    drawn = charts.timeline([("2021-03", 2), ("2021-05", 4)], "2021-03-01")
    assert drawn
    assert [(bar.label, bar.n, bar.height) for bar in drawn.bars] == [("March 2021", 2, 48), ("May 2021", 4, 96)]
    assert (drawn.unit, drawn.n_total, drawn.n_most) == ("month", 6, 4)
    assert [tick.label for tick in drawn.ticks] == ["Mar 2021", "Feb 2022"]


def test_many_years_are_drawn_by_year() -> None:
    drawn = charts.timeline([("1999", 1), ("2021-05", 4), ("2021-06", 1)], "1998")
    assert drawn
    assert [(bar.label, bar.n) for bar in drawn.bars] == [("1999", 1), ("2021", 5)]
    assert drawn.unit == "year"


def test_nothing_is_no_picture() -> None:
    assert charts.timeline([], "2021") is None
    assert charts.near_map([near(1, 0.5, "a"), near(2, 0.4, "b")], 2020) is None
    assert charts.histogram([(2020, 3)]) is None


months = st.tuples(st.integers(1600, 2100), st.integers(0, 12)).map(
    lambda p: f"{p[0]}-{p[1]:02}" if p[1] else str(p[0])
)


@given(st.dictionaries(months, st.integers(1, 10**6), min_size=1, max_size=30), months | st.just(""))
def test_every_column_stands_inside_the_picture(counts: dict[str, int], published: str) -> None:
    drawn = charts.timeline(sorted(counts.items()), published)
    assert drawn
    assert sum(bar.n for bar in drawn.bars) == sum(counts.values())
    for bar in drawn.bars:
        assert 0 <= bar.x < bar.x + bar.width <= charts.WIDTH
        assert 0 <= bar.y < bar.y + bar.height <= charts.HEIGHT + 0.01


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abc")), min_size=3, max_size=20))
def test_every_dot_stands_inside_the_map_and_the_best_is_nearest(pairs: list[tuple[float, str]]) -> None:
    pairs.sort(reverse=True)
    drawn = charts.near_map([near(i, score, phrase) for i, (score, phrase) in enumerate(pairs)], 20200001)
    assert drawn
    assert [dot.number for dot in drawn.dots] == list(range(1, len(drawn.dots) + 1))
    for dot in drawn.dots:
        assert 13 <= dot.x <= charts.MAP_WIDTH - 13
        assert 13 <= dot.y <= charts.MAP_HEIGHT - 13
    reach = [((d.x - 160) / 142) ** 2 + ((d.y - 132) / 114) ** 2 for d in drawn.dots]
    assert min(reach) >= reach[0] - 0.01


def test_neighbours_share_a_theme() -> None:
    drawn = charts.near_map([near(i, 1 - i / 10, "ab"[i % 2]) for i in range(6)], 0)
    assert drawn
    from math import atan2

    order = sorted(drawn.dots, key=lambda d: atan2(d.y - 132, d.x - 160))
    themes = [d.similar.evidence[0].matched for d in order]
    changes = sum(1 for a, b in zip(themes, [*themes[1:], themes[0]], strict=True) if a != b)
    assert changes == 2
