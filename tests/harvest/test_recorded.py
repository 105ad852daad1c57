"""What real sources once answered is understood as what it is."""

from pathlib import Path

import pytest

from germane.fetch import FetchError
from germane.harvest import Ask, Page, SourceError, Window
from tests.harvest.conftest import Site
from tests.replay.asking import Reply
from tests.replay.recorded import read_cassette, read_sample

ASK = Ask(Window("2026-03-01", "2026-03-01"))


def ask(site: Site, name: str, reply: Reply, *, asked: Ask = ASK) -> Page:
    site.replay.recorded = {f"/{name}/": reply}
    return site.source(name).page(site.client(), asked, "")


@pytest.mark.shared
def test_crossrefs_cursor_is_the_same_on_every_recorded_page(site: Site, shared: Path) -> None:
    pages = [ask(site, "crossref", r) for r in read_cassette(shared, "crossref/crossref_works_cursor.vcr.yaml")]
    assert {(page.n, page.total) for page in pages} == {(5, 138567)}
    assert len({page.next for page in pages}) == 1
    assert site.source("crossref").IS_SCROLL


@pytest.mark.shared
def test_arxivs_errors_are_no_pages(site: Site, shared: Path) -> None:
    number = Ask(ids=("arxiv:1501.00001",))
    with pytest.raises(SourceError, match="start must be an integer") as error:
        ask(site, "arxiv", read_sample(shared, "arxiv/arxiv_error.xml"), asked=number)
    assert error.value.permanent
    with pytest.raises(SourceError, match="too often"):
        ask(site, "arxiv", read_sample(shared, "arxiv/arxiv_rate_limited.txt"))
    with pytest.raises(FetchError) as held:  # and it is left alone for a while
        ask(site, "arxiv", read_sample(shared, "arxiv/arxiv_error.xml"), asked=Ask(ids=number.ids, is_urgent=True))
    assert held.value.retry_at is not None
    assert not held.value.permanent


@pytest.mark.shared
def test_an_empty_feed_of_arxiv_is_an_empty_page(site: Site, shared: Path) -> None:
    found = ask(site, "arxiv", read_sample(shared, "arxiv/arxiv_empty.xml"), asked=Ask(ids=("arxiv:1501.00001",)))
    assert (found.n, found.body) == (0, b"")


@pytest.mark.shared
def test_a_recorded_page_of_datacite_is_counted(site: Site, shared: Path) -> None:
    found = ask(site, "datacite", read_sample(shared, "datacite/datacite_api_list.json"))
    assert found.n > 0
    assert found.total is not None
    assert found.total >= found.n
