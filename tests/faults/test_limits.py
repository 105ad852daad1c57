"""What a machine refuses is told, costs no page that can be served, and no data; `make faults` tries everything."""

import re
from contextlib import nullcontext

import pytest

from tests.faults.cases import Half, run_case, serves
from tests.faults.limits import LIMITS, NoDiskOfItsOwnError, little_memory
from tests.faults.site import Site


@pytest.mark.parametrize(
    ("limit", "command"),
    [("full disk", "import"), ("read-only disk", "serve"), *((limit, "doctor") for limit in LIMITS)],
)
def test_a_command_that_meets_a_limit_says_so_and_loses_nothing(half: Half, limit: str, command: str) -> None:
    try:
        assert run_case(half, LIMITS[limit], command) == []
    except NoDiskOfItsOwnError as error:
        pytest.skip(f"no disk of its own can be mounted here, so a {limit} is not tried: {error}")


def test_a_server_with_too_little_memory_says_how_much_is_enough(half: Half) -> None:
    site = Site(half.whole.home)
    with little_memory(site.home) as given:
        refused = site.start("serve", "--workers", "1", **given)
        assert refused.wait(60) == 2
    asked = re.search(r"ulimit -v (\d+) ", refused.told)
    assert asked, refused.told
    with little_memory(site.home, int(asked[1]) * 1024) as given:
        assert serves(site, half, **given) == []


def test_this_would_notice_a_limit_that_is_not_told(half: Half) -> None:
    untold = LIMITS["old clock"]._replace(hold=lambda _: nullcontext({}))
    assert run_case(half, untold, "doctor") == ["the doctor ends with 0 and has found [] instead of clock-back"]
