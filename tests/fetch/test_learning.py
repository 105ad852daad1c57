"""What headers tell of limits."""

from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from germane.fetch.answer import as_time
from germane.fetch.learning import Left, Told, read_limits, read_retry_after
from germane.fetch.policy import Budget

NOW = 1_800_000_000.0

# The headers of OpenAlex as they were in July 2026.
OPENALEX = {
    "x-ratelimit-cost-usd": "0.0001",
    "x-ratelimit-credits-used": "1",
    "x-ratelimit-limit": "1000",
    "x-ratelimit-limit-usd": "0.1",
    "x-ratelimit-onetime-remaining": "0",
    "x-ratelimit-prepaid-remaining-usd": "0",
    "x-ratelimit-remaining": "973",
    "x-ratelimit-remaining-usd": "0.0973",
    "x-ratelimit-reset": "64136",
}


def test_openalex_tells_credits_and_dollars_until_its_reset() -> None:
    assert read_limits(OPENALEX, NOW).left == (
        Left("usd", 0.0973, NOW + 64_136, 0.1, 0.0001),
        Left("requests", 973, NOW + 64_136, 1000),
    )


def test_crossref_tells_rate_and_concurrency() -> None:
    headers = {"x-rate-limit-limit": "5", "x-rate-limit-interval": "1s", "x-concurrency-limit": "1"}
    assert read_limits(headers, NOW) == Told(rate=Budget(5, 1.0), concurrency=1)


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [("1s", 1.0), ("60", 60.0), ("5 min", 300.0), ("1m", 60.0), ("500ms", 0.5), ("1h", 3600.0), ("2 seconds", 2.0)],
)
def test_intervals_are_read_however_they_are_spelled(interval: str, seconds: float) -> None:
    told = read_limits({"x-rate-limit-limit": "50", "x-rate-limit-interval": interval}, NOW)
    assert told.rate == Budget(50, seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-rate-limit-limit": "5"},
        {"x-rate-limit-limit": "0", "x-rate-limit-interval": "1s"},
        {"x-rate-limit-limit": "-5", "x-rate-limit-interval": "1s"},
        {"x-rate-limit-limit": "nan", "x-rate-limit-interval": "1s"},
        {"x-rate-limit-limit": "5", "x-rate-limit-interval": "0s"},
        {"x-rate-limit-limit": "5", "x-rate-limit-interval": "1 fortnight"},
        {"x-rate-limit-limit": "5", "x-rate-limit-interval": "1000h"},
        {"x-concurrency-limit": "0"},
        {"x-ratelimit-remaining": "inf"},
        {"x-ratelimit-remaining": "many"},
        {"ratelimit": "default"},
        {},
    ],
)
def test_what_makes_no_sense_tells_nothing(headers: dict[str, str]) -> None:
    assert read_limits(headers, NOW) == Told()


@pytest.mark.parametrize(
    ("headers", "resets_at"),
    [
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "60"}, NOW + 60),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": f"{NOW + 60:.0f}"}, NOW + 60),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": f"{(NOW + 60) * 1000:.0f}"}, NOW + 60),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": f"{NOW - 60:.0f}"}, NOW),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "999999999"}, NOW + 40 * 86_400),
        ({"x-ratelimit-remaining": "7"}, NOW + 1),
        ({"ratelimit-remaining": "7", "ratelimit-reset": "60"}, NOW + 60),
        ({"ratelimit": '"default";r=7;t=60'}, NOW + 60),
        ({"ratelimit": '"day";r=7;t=60, "minute";r=3;t=5'}, NOW + 60),
        ({"ratelimit": "limit=100, remaining=7, reset=60"}, NOW + 60),
    ],
)
def test_what_is_left_is_read_in_every_way_of_saying_it(headers: dict[str, str], resets_at: float) -> None:
    (left,) = read_limits(headers, NOW).left
    assert (left.unit, left.remaining, left.resets_at) == ("requests", 7, resets_at)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("1.5", 1.5), ("99999999999", 40 * 86_400.0)],
)
def test_retry_after_counts_seconds(text: str, seconds: float) -> None:
    assert read_retry_after({"retry-after": text}, NOW) == NOW + seconds


def test_retry_after_may_be_a_date_by_the_providers_own_clock() -> None:
    date = format_datetime(as_time(NOW + 90), usegmt=True)
    assert read_retry_after({"retry-after": date}, NOW) == NOW + 90
    theirs = format_datetime(as_time(NOW + 60), usegmt=True)  # their clock is a minute ahead of ours
    assert read_retry_after({"retry-after": date, "date": theirs}, NOW) == NOW + 30
    assert read_retry_after({"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}, NOW) == NOW


@pytest.mark.parametrize("text", ["", "soon", "-5", "nan", "inf", "32 Dec 2026"])
def test_a_retry_after_that_is_none_says_nothing(text: str) -> None:
    assert read_retry_after({"retry-after": text}, NOW) is None


NAMES = st.sampled_from([*OPENALEX, "ratelimit", "retry-after", "date", "x-rate-limit-limit", "x-rate-limit-interval"])


@given(st.dictionaries(NAMES, st.text() | st.floats().map(str) | st.integers().map(str)))
def test_no_headers_make_reading_fail(headers: dict[str, str]) -> None:
    for left in read_limits(headers, NOW).left:
        assert left.remaining >= 0
        assert NOW <= left.resets_at <= NOW + 40 * 86_400
    at = read_retry_after(headers, NOW)
    assert at is None or NOW <= at <= NOW + 40 * 86_400
