"""The settings of sources: what is wrong with them is told by name."""

import re
from pathlib import Path

import pytest

from germane.harvest.choosing import SOURCES, UnknownSource, load_source, load_sources
from germane.web.env import SettingError, read_environment


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_says_who_asks_and_how_often(name: str) -> None:
    source = load_source(name, email="library@example.org")
    assert name == source.NAME
    assert source.email == "library@example.org"
    assert all(policy.concurrency == 1 and policy.pace_s > 0 for policy in source.policies().values())


def test_an_address_of_a_page_is_no_mail_address() -> None:
    assert load_source("crossref", email="https://example.org/contact").email == ""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"crosref": {}}, "there is no source called 'crosref'; known are crossref"),
        ({"crossref": {"pace": 1}}, "crossref has no setting 'pace'; it has base_url"),
        ({"crossref": {"page_size": "many"}}, "page_size = 'many' should be a int"),
        ({"crossref": {"daily": 1}}, "daily = 1 should be a bool"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, dict[str, object]], told: str) -> None:
    with pytest.raises(UnknownSource, match=re.escape(told)):
        load_sources(settings)


def test_a_whole_number_will_do_for_seconds() -> None:
    assert load_source("arxiv", {"pace_s": 5}).pace_s == 5.0


def test_the_settings_are_a_toml_file(tmp_path: Path) -> None:
    path = tmp_path / "sources.toml"
    environ = {"GERMANE_HOME": str(tmp_path), "GERMANE_SOURCES": str(path)}
    with pytest.raises(SettingError, match="cannot be read"):
        read_environment(environ)
    path.write_text('[crossref]\nby = "created-date"\n')
    assert read_environment(environ).sources == {"crossref": {"by": "created-date"}}
    path.write_text("[crossref\n")
    with pytest.raises(SettingError, match="no TOML"):
        read_environment(environ)
    path.write_text("crossref = 1\n")
    with pytest.raises(SettingError, match="table a source"):
        read_environment(environ)
    path.write_text('[crossref]\nkey = "s3cret"\n')
    with pytest.raises(SettingError, match="no setting 'key'") as error:
        read_environment(environ)
    assert "s3cret" not in str(error.value)
