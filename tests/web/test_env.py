"""Settings: a wrong value stops the start and names itself."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from germane.web.env import SettingError, database_settings, find_home, mail_settings, read_environment


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    environment = read_environment({"GERMANE_HOME": str(tmp_path)})
    assert environment.home == tmp_path
    assert environment.index_url == "embedded:"
    assert environment.abstracts == "all-local"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ABSTRACTS", "everything"),
        ("DATABASE_URL", "mysql://localhost/germane"),
        ("DATABASE_URL", "postgresql://localhost"),
        ("INDEX_URL", "elasticsearch://localhost"),
        ("BASE_URL", "articles.example.org"),
        ("CONTACT", "somebody"),
        ("DEBUG", "perhaps"),
        ("FETCH_ALLOWED_HOSTS", "http://repository.example.org"),
        ("FETCH_ALLOWED_HOSTS", "repository.example.org/oai"),
        ("FETCH_ALLOWED_HOSTS", "a.example:http"),
        ("FETCH_ALLOWED_HOSTS", "*.example.org"),
        ("FETCH_ALLOWED_HOSTS", "me@a.example"),
        ("PAGE_CACHE_MB", "a lot"),
        ("PAGE_CACHE_MB", "-1"),
        ("ABSTRACT", "open-only"),
        ("EMBEDDER", "word2vec"),
        ("EMBEDDER", "hub:minilm"),
        ("EMBEDDER", "onnx:"),
        ("EMBEDDER", "onnx:/no/such/folder"),
        ("HOME", __file__),
        ("ACCOUNTS", "closed"),
        ("MAIL_URL", "sendmail"),
        ("MAIL_URL", "smtp://"),
        ("MAIL_URL", "smtp://host:port"),
        ("MAIL_URL", "smtp://host/?form=a@b.example"),
        ("MAIL_URL", "smtp://host/?from=somebody"),
        ("MAIL_URL", "smtp://host/?tls=yes"),
        ("MAIL_URL", "file:"),
        ("SESSION_DAYS", "0"),
        ("SESSION_DAYS", "forever"),
        ("TRUSTED_PROXIES", "-1"),
        ("ORCID_CLIENT_ID", "APP-1"),
        ("ORCID_CLIENT_SECRET", "secret"),
        ("ORCID_URL", "orcid.org"),
        ("LOGIN_PROVIDERS", "/no/such/file"),
        ("LOGIN_PROVIDERS", __file__),
    ],
)
def test_a_wrong_setting_names_itself(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"GERMANE_{name}"):
        read_environment({"GERMANE_HOME": str(tmp_path), f"GERMANE_{name}": value})


def test_the_secret_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    first = read_environment({"GERMANE_HOME": str(tmp_path / "new")}).secret_key
    assert len(first) > 40
    assert read_environment({"GERMANE_HOME": str(tmp_path / "new")}).secret_key == first
    assert (tmp_path / "new/secret-key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("make", [lambda path: path.write_text(" \n"), lambda path: path.write_bytes(b"\xff\x00"),
                                  lambda path: path.mkdir()], ids=["empty", "no text", "a folder"])  # fmt: skip
def test_a_secret_that_cannot_be_read_is_named(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "secret-key")
    with pytest.raises(SettingError, match="secret-key"):
        read_environment({"GERMANE_HOME": str(tmp_path)})


def test_an_embedder_of_ones_own_is_a_folder(tmp_path: Path) -> None:
    given = {"GERMANE_HOME": str(tmp_path), "GERMANE_EMBEDDER": f"onnx:{tmp_path}"}
    assert read_environment(given).embedder == f"onnx:{tmp_path}"
    assert read_environment({"GERMANE_HOME": str(tmp_path)}).embedder == "static"


def test_the_home_is_found_without_being_made(tmp_path: Path) -> None:
    assert find_home({"GERMANE_HOME": str(tmp_path / "new")}) == tmp_path / "new"
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SettingError, match="GERMANE_HOME"):
        read_environment({"GERMANE_HOME": str(tmp_path / "new")})


def test_database_addresses() -> None:
    assert database_settings("sqlite:////srv/a%20b/g.sqlite3")["NAME"] == "/srv/a b/g.sqlite3"
    postgres = database_settings("postgresql://me:p%40ss@db.example.org:5433/germane")
    assert (postgres["USER"], postgres["PASSWORD"], postgres["PORT"], postgres["NAME"]) == (
        "me",
        "p@ss",
        "5433",
        "germane",
    )


def test_an_error_does_not_tell_what_is_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as raised:
        read_environment({"GERMANE_HOME": str(tmp_path), "GERMANE_MAIL_URL": "smtp://me:swordfish@host/?x=1"})
    assert "swordfish" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [("[]", "expected"), ('{"openid_connect": 1}', "expected"), ('{"nobody": {}}', "no provider"),
     ('{"orcid": {}}', "settings of its own"), ('{"../x": {}}', "no provider")],
)  # fmt: skip
def test_a_file_of_providers_that_cannot_be_used_is_named(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "providers.json").write_text(content)
    given = {"GERMANE_HOME": str(tmp_path), "GERMANE_LOGIN_PROVIDERS": str(tmp_path / "providers.json")}
    with pytest.raises(SettingError, match=told):
        read_environment(given)


def test_hosts_of_ones_own_may_be_fetched_from(tmp_path: Path) -> None:
    given = {
        "GERMANE_HOME": str(tmp_path),
        "GERMANE_FETCH_ALLOWED_HOSTS": "Repository.example.org, 10.1.2.3:8080 [::1]:81",
    }
    assert read_environment(given).fetch_allowed_hosts == ("repository.example.org", "10.1.2.3:8080", "[::1]:81")


def test_mail_addresses() -> None:
    smtp = mail_settings("smtp://me%40host:p%40ss@mail.example.org/?from=library@example.org", "other@example.org")
    assert (smtp["EMAIL_HOST"], smtp["EMAIL_PORT"], smtp["EMAIL_HOST_USER"], smtp["EMAIL_HOST_PASSWORD"]) == (
        "mail.example.org", 587, "me@host", "p@ss",
    )  # fmt: skip
    assert (smtp["EMAIL_USE_TLS"], smtp["EMAIL_USE_SSL"]) == (True, False)
    assert smtp["DEFAULT_FROM_EMAIL"] == "library@example.org"
    assert mail_settings("smtp://127.0.0.1:25/?tls=0", "x@y")["EMAIL_USE_TLS"] is False
    smtps = mail_settings("smtps://mail.example.org", "x@y")
    assert (smtps["EMAIL_USE_TLS"], smtps["EMAIL_USE_SSL"], smtps["EMAIL_PORT"]) == (False, True, 465)
    assert mail_settings("file:///tmp/a%20b", "x@y")["EMAIL_FILE_PATH"] == "/tmp/a b"
    assert mail_settings("console:", "x@y")["DEFAULT_FROM_EMAIL"] == "x@y"
