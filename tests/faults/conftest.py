"""One corpus and one undisturbed run of it, for all that is compared with it."""

from collections.abc import Sequence

import pytest

from tests.faults.campaigns import Undisturbed, run_undisturbed
from tests.faults.cases import Half, make_half
from tests.faults.corpus import File, make_corpus

N = 25  # records a format


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[File]:
    return make_corpus(tmp_path_factory.mktemp("corpus"), N)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, files: Sequence[File]) -> Undisturbed:
    return run_undisturbed(tmp_path_factory.mktemp("undisturbed"), files)


@pytest.fixture(scope="session")
def half(tmp_path_factory: pytest.TempPathFactory, files: Sequence[File], undisturbed: Undisturbed) -> Half:
    return make_half(tmp_path_factory.mktemp("half") / "home", files, undisturbed)
