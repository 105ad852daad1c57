"""Every implementation of the index, for the one suite that all of them pass."""

import pytest

IMPLEMENTATIONS = {"embedded": "embedded:"}


@pytest.fixture(params=list(IMPLEMENTATIONS.values()), ids=list(IMPLEMENTATIONS))
def url(request: pytest.FixtureRequest) -> str:
    return str(request.param)
