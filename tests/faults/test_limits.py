"""What a machine refuses is told, costs no page that can be served, and no data; `make faults` tries everything."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.campaigns import Undisturbed
from tests.faults.cases import make_half, run_case
from tests.faults.corpus import File
from tests.faults.limits import NoDiskOfItsOwnError


@pytest.mark.parametrize(("limit", "command"), [("full disk", "import"), ("read-only disk", "serve")])
def test_a_command_that_meets_a_limit_says_so_and_loses_nothing(
    tmp_path: Path, files: Sequence[File], undisturbed: Undisturbed, limit: str, command: str
) -> None:
    half = make_half(tmp_path / "half", files, undisturbed)
    try:
        assert run_case(half, limit, command) == []
    except NoDiskOfItsOwnError as error:
        pytest.skip(f"no disk of its own can be mounted here, so a {limit} is not tried: {error}")
