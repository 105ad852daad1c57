"""The doctor: a healthy site has nothing, and each fault that is made for real is found, with what to do."""

import fcntl
import importlib.metadata
import json
import os
import re
import resource
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

import germane.web.jobs.doctor as doctor_package
from germane.cli import app
from germane.index import Document, open_index
from germane.item import Evidence
from germane.web.catalog.codec import pack_similar
from germane.web.jobs.backup import DATABASE
from germane.web.jobs.doctor import Finding, machine
from germane.web.jobs.doctor import home as home_module
from germane.web.jobs.doctor.database import known_migrations
from germane.web.jobs.doctor.examining import examine, exit_code
from tests.disks import make_read_only, small_disk
from tests.web.jobs.homes import N, holding, limit, run

DOCS = Path(__file__).parents[3] / "docs"
NOTHING: Mapping[str, str] = {}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def look(
    home: Path, environ: Mapping[str, str] = NOTHING, *, is_deep: bool = False, with_fix: bool = False
) -> list[Finding]:
    """Return what is found besides notes."""
    own = {"GERMANE_BASE_URL": "https://example.org", "GERMANE_MAIL_URL": "smtp://mail.example.org"}
    given = {"GERMANE_HOME": str(home), **own, **environ}
    return [f for f in examine(given, is_deep=is_deep, with_fix=with_fix) if f.level != "note"]


def codes(findings: list[Finding]) -> list[str]:
    return [f.code for f in findings]


def write(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(home / DATABASE)) as connection, connection:
        for sql in statements:
            connection.execute(sql)


def files(home: Path) -> dict[str, bytes]:
    return {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}


@pytest.mark.parametrize("is_deep", [False, True])
def test_a_healthy_site_has_nothing_and_is_not_changed(home: Path, is_deep: bool) -> None:
    before = files(home)
    findings = look(home, is_deep=is_deep)
    assert findings == []
    assert exit_code(findings) == 0
    assert files(home) == before


def test_a_home_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    assert codes(look(tmp_path / "home")) == ["home-missing"]
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("GERMANE_ABSTRACTS", "everything", "setting"),
        ("GERMANE_BASE_URL", "articles.example.org", "setting"),
        ("GERMANE_BASE_URL", "https://intranet", "strange-base-url"),
        ("GERMANE_DEBUG", "1", "debug"),
        ("GERMANE_MAIL_URL", "console:", "mail-goes-nowhere"),
        ("GERMANE_EMBEDDER", "hub:nobody/nothing", "embedder-missing"),
        ("TZ", "Europe/Nowhere", "unknown-time-zone"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_told(
    home: Path, name: str, value: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    [finding] = look(home, {name: value})
    assert finding.code == code
    assert value in finding.what or name in finding.what


@pytest.mark.parametrize(
    ("address", "code"), [("http://127.0.0.1:8000", "local-base-url"), ("http://example.org", "insecure-base-url")]
)
def test_an_address_that_is_good_enough_at_home_is_worth_a_note(home: Path, address: str, code: str) -> None:
    findings = list(examine({"GERMANE_HOME": str(home), "GERMANE_BASE_URL": address}))
    assert [(f.code, f.level) for f in findings] == [(code, "note")]
    assert exit_code(findings) == 0


# The disk


def test_a_read_only_disk_is_told(home: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "900m") as disk:
        shutil.copytree(home, disk / "home")
        make_read_only(disk)
        findings = look(disk / "home")
        assert codes(findings) == ["read-only"]
        assert exit_code(findings) == 2


@pytest.mark.parametrize(("size", "code"), [("120m", "disk-full"), ("900m", "")])
def test_a_disk_that_is_full_is_told(home: Path, tmp_path: Path, size: str, code: str) -> None:
    with small_disk(tmp_path / "disk", size) as disk:
        shutil.copytree(home, disk / "home")
        assert codes(look(disk / "home")) == [code] * bool(code)


def test_a_large_disk_that_becomes_full_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage(home))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - 10**10, 10**10))
    [finding] = look(home)
    assert (finding.code, finding.level) == ("disk-nearly-full", "warning")
    assert "1,000,000 more articles" in finding.why


def test_a_disk_that_can_hold_no_more_files_is_told(home: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "900m,nr_inodes=200") as disk:
        shutil.copytree(home, disk / "home")
        for number in range(200):
            try:
                (disk / str(number)).touch()
            except OSError:
                break
        first, *_ = look(disk / "home")
        assert first.code == "disk-full"
        assert "no more files" in first.what


def test_a_network_disk_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_module, "file_system_of", lambda _: "nfs4")
    assert codes(look(home)) == ["network-disk"]


def test_the_kind_of_a_disk_is_known(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        assert home_module.file_system_of(disk) == "tmpfs"


@needs_root
def test_a_file_of_another_user_is_told(home: Path) -> None:
    os.chown(home / DATABASE, 65_534, 65_534)
    [finding] = look(home)
    assert finding.code == "other-owner"
    assert "germane.sqlite3" in finding.what


@needs_root
def test_a_home_of_another_user_is_told_with_whom_to_be(home: Path) -> None:
    for path in (home, *home.rglob("*")):
        os.chown(path, 65_534, 65_534)
    [finding] = look(home)
    assert (finding.code, finding.level) == ("other-user", "warning")
    assert "sudo -u nobody" in finding.advice


def test_a_secret_that_others_can_read_is_told_and_closed(home: Path) -> None:
    (home / "secret-key").chmod(0o644)
    assert codes(look(home)) == ["secret-readable"]
    [finding] = look(home, with_fix=True)
    assert finding.is_fixed
    assert exit_code([finding]) == 0
    assert look(home) == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe"])
def test_a_secret_that_cannot_be_used_is_told(home: Path, content: bytes) -> None:
    (home / "secret-key").write_bytes(content)
    [finding] = look(home)
    assert (finding.code, finding.level) == ("secret-unusable", "error")


def make_leftovers(home: Path, age_s: float = 3_600) -> None:
    for name in ("index.new", "index.draft123", "index.old", "relating"):
        (home / name).mkdir()
        (home / name / "part").write_text("x")
        for path in (home / name / "part", home / name):
            os.utime(path, (time.time() - age_s,) * 2)


def test_what_killed_runs_left_is_told_and_removed(home: Path) -> None:
    make_leftovers(home)
    assert codes(look(home)) == ["leftover"] * 4
    assert (home / "index.new").exists()
    assert {f.is_fixed for f in look(home, with_fix=True)} == {True}
    assert look(home) == []
    assert open_index("embedded:", home).n_documents == N


def test_what_a_living_run_works_on_is_left_alone(home: Path) -> None:
    make_leftovers(home)
    with (home / "index.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert look(home, with_fix=True) == []
    with (home / "relating" / "part").open():
        assert codes(look(home)) == ["leftover"] * 3
    for name in ("index.new", "index.draft123", "index.old"):
        os.utime(home / name / "part")
    assert codes(look(home)) == ["leftover"]


def test_an_old_index_that_is_the_only_one_is_no_leftover(home: Path) -> None:
    (home / "index").rename(home / "index.old")
    os.utime(home / "index.old", (1, 1))
    assert look(home, with_fix=True) == []
    assert open_index("embedded:", home).n_documents == N


# The machine


@pytest.mark.parametrize(("n", "level"), [(200, "error"), (600, "warning")])
def test_too_few_open_files_are_told(home: Path, n: int, level: str) -> None:
    with limit(resource.RLIMIT_NOFILE, n):
        [finding] = look(home)
    assert (finding.code, finding.level) == ("few-open-files", level)
    assert "ulimit -n" in finding.advice


def test_too_little_address_space_is_told(home: Path) -> None:
    with limit(resource.RLIMIT_AS, 5_000_000_000):
        findings = look(home)
    assert codes(findings) == ["little-memory"]


@pytest.mark.parametrize(
    ("text", "expected"), [("300000000", "error"), ("1000000000", "warning"), ("max", ""), ("8000000000", "")]
)
def test_a_containers_memory_limit_is_told(
    home: Path, tmp_path: Path, text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory.max").write_text(f"{text}\n")
    monkeypatch.setattr(machine, "_CGROUPS", (str(tmp_path / "absent"), str(tmp_path / "memory.max")))
    assert [f.level for f in look(home) if f.code == "little-memory"] == [expected] * bool(expected)


def test_a_clock_that_was_set_back_is_told_by_files_and_by_rows(home: Path) -> None:
    write(home, "UPDATE catalog_article SET changed_at = '2090-01-01 00:00:00' WHERE id = 3")
    assert codes(look(home)) == ["clock-back"]
    write(home, "UPDATE catalog_article SET changed_at = '2020-01-01 00:00:00' WHERE id = 3")
    assert look(home) == []
    ahead = time.time() + 3_600
    os.utime(home / "secret-key", (ahead, ahead))
    [finding] = look(home)
    assert (finding.code, finding.level) == ("clock-back", "error")


def test_missing_and_old_software_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: ["tantivy>=0.2", "nobody-has-this>=1"])
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 0))
    found = look(home)
    assert codes(found) == ["old-sqlite", "library-missing"]
    assert "nobody-has-this" in found[1].what


# The database


@pytest.mark.parametrize("statements", [("BEGIN IMMEDIATE",), ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE")])
def test_who_locks_the_database_is_told(home: Path, statements: tuple[str, ...]) -> None:
    with holding(home, *statements) as pid:
        found = look(home)
    assert codes(found) == ["database-locked"]
    if Path("/proc/locks").exists():
        assert f"process {pid} " in found[0].what
        assert f"kill {pid}" in found[0].advice


def test_readers_and_short_writers_lock_nobody_out(home: Path) -> None:
    with holding(home, "BEGIN", "SELECT COUNT(*) FROM catalog_article"):
        assert look(home) == []


def test_tables_of_another_version_are_told(home: Path) -> None:
    write(home, f"DELETE FROM django_migrations WHERE name = '{known_migrations()[-1]}'")
    found = look(home)
    assert (codes(found), exit_code(found)) == (["database-older"], 1)
    write(home, "INSERT INTO django_migrations (app, name, applied) VALUES ('catalog', '9999_later', '2040')")
    found = look(home)
    assert (set(codes(found)), exit_code(found)) == ({"database-newer", "database-older"}, 2)


def test_a_database_without_a_write_ahead_log_is_told(home: Path) -> None:
    write(home, "PRAGMA journal_mode = DELETE")
    assert codes(look(home)) == ["no-write-ahead-log"]


def test_a_write_ahead_log_that_grows_and_grows_is_told(home: Path) -> None:
    with holding(
        home, "BEGIN", "SELECT 1 FROM catalog_article"
    ):  # a reader that stays keeps the log from being emptied
        os.truncate(home / f"{DATABASE}-wal", 3 << 30)
        assert codes(look(home)) == ["large-write-ahead-log"]


@pytest.mark.parametrize("place", ["header", "middle"])
def test_a_damaged_database_is_told(home: Path, place: str) -> None:
    with (home / DATABASE).open("r+b") as file:
        file.seek(0 if place == "header" else (home / DATABASE).stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xa5" * (100 if place == "header" else 40_960))
    found = look(home, is_deep=True)
    assert "database-damaged" in codes(found)
    assert exit_code(found) == 2
    assert any("germane restore" in f.advice for f in found)


@pytest.mark.parametrize("is_deep", [False, True])
def test_the_readers_database_is_looked_at_too(home: Path, is_deep: bool) -> None:
    readers = home / "readers.sqlite3"
    assert readers.exists()
    with closing(sqlite3.connect(readers)) as connection, connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'readers'")
    assert codes(look(home, is_deep=is_deep)) == ["database-older"]
    readers.write_bytes(b"\xa5" * 8192)
    [finding] = look(home, is_deep=is_deep)
    assert (finding.code, finding.level, "readers.sqlite3" in finding.what) == ("database-damaged", "error", True)


def test_a_database_that_is_none_is_told(home: Path) -> None:
    (home / DATABASE).unlink()
    (home / DATABASE).mkdir()
    assert "database-unreadable" in codes(look(home))


@pytest.mark.parametrize("table", ["identifier", "record", "abstract", "articlekeyphrase", "similar"])
def test_rows_that_belong_to_no_article_are_told_by_a_deep_look(home: Path, table: str) -> None:
    write(
        home,
        f"UPDATE catalog_{table} SET article_id = 999999 WHERE article_id ="
        f" (SELECT MIN(article_id) FROM catalog_{table})",
    )
    assert look(home) == []
    [finding] = look(home, is_deep=True)
    assert finding.code == "rows-without-article"
    assert "999999" in finding.what


@pytest.mark.parametrize("named", [999_999, None])
def test_lists_that_are_damaged_or_name_nobody_are_told_by_a_deep_look(home: Path, named: int | None) -> None:
    reason = Evidence("phrases", "moss", "keyphrases", "similar/3", 0.5)
    found = pack_similar(7, [(named, 0.5, [reason])]) if named else b"broken"
    with closing(sqlite3.connect(home / DATABASE)) as connection, connection:
        connection.execute("UPDATE catalog_similar SET found = ? WHERE article_id = 7", [found])
    assert look(home) == []
    [finding] = look(home, is_deep=True)
    assert finding.code == "lists-damaged"
    assert "such as that of 7" in finding.what


# What waits


@pytest.mark.parametrize(("flag", "what"), [("is_enriched", "keyphrases"), ("is_related", "similar articles")])
def test_articles_that_wait_are_told(home: Path, flag: str, what: str) -> None:
    write(home, f"UPDATE catalog_article SET {flag} = 0 WHERE id <= 7")
    [finding] = look(home)
    assert finding.what == f"7 articles wait for {what}"
    assert (finding.level, finding.advice) == ("warning", "germane work")


def test_failures_rejects_and_interrupted_runs_are_told(home: Path) -> None:
    write(
        home,
        "INSERT INTO catalog_failure (stage, article_id, reason, seen_at)"
        " VALUES ('enrich', 3, 'a defect', '2026-01-01')",
        "INSERT INTO catalog_checkpoint (fingerprint, file, position, counts, updated_at)"
        " VALUES ('f', '/data/large.xml.gz', 3500, '{}', '2026-01-01')",
        "INSERT INTO catalog_derivation (what, made_by) VALUES ('rebuild', 'all 2 17')",
    )
    failure, interrupted, rebuild = look(home)
    assert (failure.code, "a defect" in failure.what) == ("stage-failed", True)
    assert (interrupted.code, interrupted.advice) == ("import-interrupted", "germane import /data/large.xml.gz")
    assert (rebuild.code, "germane rebuild all" in rebuild.advice) == ("rebuild-interrupted", True)


def test_rejects_are_worth_a_note(home: Path) -> None:
    write(
        home,
        "INSERT INTO catalog_reject (file, position, line, source, reason, raw, is_whole, digest, seen_at)"
        " VALUES ('a.xml', 1, 1, 'pubmed', 'no title', x'00', 1, x'00', '2026-01-01')",
    )
    own = {"GERMANE_BASE_URL": "https://example.org", "GERMANE_ACCOUNTS": "off"}
    [note] = examine({"GERMANE_HOME": str(home), **own})
    assert (note.code, note.level, "no title" in note.what) == ("rejects", "note", True)


# The index


def test_an_index_that_is_gone_broken_or_of_another_version_is_told(home: Path) -> None:
    version = home / "index" / "germane-index.json"
    good = version.read_bytes()
    version.write_text('{"schema": 1}')
    [finding] = look(home)
    assert (finding.code, finding.advice) == ("index-broken", "germane rebuild index")
    version.write_bytes(good)
    (home / "index" / "meta.json").write_text("{")
    assert codes(look(home)) == ["index-broken"]
    shutil.rmtree(home / "index")
    [finding] = look(home)
    assert (finding.code, finding.advice) == ("index-missing", "germane work")
    assert not (home / "index").exists()


def test_an_article_that_is_marked_and_not_in_the_index_is_told(home: Path) -> None:
    index = open_index("embedded:", home)
    index.delete([5])
    index.commit()
    index.close()
    for is_deep in (False, True):
        [finding] = look(home, is_deep=is_deep)
        assert finding.code == "index-behind"
        assert "such as 5" in finding.what


def test_an_index_of_another_embedder_is_told(home: Path) -> None:
    shutil.rmtree(home / "index")
    index = open_index("embedded:", home, create=True, dimensions=256, vector_model="another/1")
    index.add([Document(id=i, title="x", vector=b"\x00\x3c" + b"\0" * 510) for i in range(1, N + 1)])
    index.commit()
    index.close()
    assert codes(look(home)) == ["other-embedder"]


def test_a_bit_that_flipped_in_the_index_is_told_by_a_deep_look(home: Path) -> None:
    [path, *_] = sorted((home / "index").glob("*.store"))
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    assert "index-damaged" in codes(look(home, is_deep=True))


# The command


def test_programs_get_json_and_an_exit_code(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GERMANE_HOME", str(home))
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert (done.exit_code, json.loads(done.stdout)["exit_code"]) == (0, 0)
    write(home, "UPDATE catalog_article SET is_related = 0")
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 1
    assert {"code": "waiting", "level": "warning"}.items() <= json.loads(done.stdout)["findings"][-1].items()
    (home / "index" / "meta.json").write_text("{")
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 2
    assert "germane rebuild index" in done.stdout


def test_it_works_as_a_command_and_makes_nothing(tmp_path: Path) -> None:
    done = run(tmp_path / "home", "doctor", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    assert [f["code"] for f in json.loads(done.stdout)["findings"]] == ["local-base-url", "home-missing"]
    assert not (tmp_path / "home").exists()


def told_codes() -> set[str]:
    folder = Path(str(doctor_package.__file__)).parent
    pattern = re.compile(r'(?:Finding\(|is_gone else |yield Finding\()\s*"([a-z-]+)"|"(index-missing)" if')
    return {code for path in folder.glob("*.py") for pair in pattern.findall(path.read_text()) for code in pair if code}


def test_every_finding_has_its_heading() -> None:
    found: Callable[[str], bool] = lambda code: f"### {code}\n" in (DOCS / "doctor.md").read_text()  # noqa: E731
    assert len(told_codes()) > 30
    assert [code for code in sorted(told_codes()) if not found(code)] == []
