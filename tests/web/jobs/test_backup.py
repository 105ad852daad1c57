"""Backups: of one instant while others write, whole or not there, and the same rows wherever they are restored."""

import json
import shutil
import sqlite3
import stat
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from germane.cli import app
from germane.index import open_index
from germane.web.jobs.backup import DATABASE, MANIFEST, READERS, BackupFailure, TableEntry, read_manifest
from germane.web.jobs.backup import making as making_module
from germane.web.jobs.backup.files import draft_folder
from germane.web.jobs.backup.making import back_up
from germane.web.jobs.backup.restoring import restore
from germane.web.jobs.backup.tables import compare_tables, digest_tables
from germane.web.jobs.backup.verifying import verify_backup, verify_home, verify_rows
from germane.web.jobs.reading_only import open_for_reading
from tests.disks import small_disk
from tests.web.jobs.homes import N, environment, run


def digests(database: Path) -> tuple[TableEntry, ...]:
    with closing(open_for_reading(database)) as connection:
        return tuple(digest_tables(connection))


def write(database: Path, sql: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(sql)


@pytest.mark.parametrize("compress", [False, True])
def test_what_is_restored_is_what_was_backed_up_row_by_row(home: Path, tmp_path: Path, compress: bool) -> None:
    before = digests(home / DATABASE)
    manifest = back_up(environment(home), tmp_path / "backup", compress=compress)
    assert manifest.tables == before
    assert sum(t.n_rows for t in before if t.name == "catalog_article") == N
    assert verify_backup(tmp_path / "backup") == []
    restore(tmp_path / "backup", tmp_path / "new")
    assert digests(tmp_path / "new" / DATABASE) == before
    secret = tmp_path / "new" / "secret-key"
    assert secret.read_text() == (home / "secret-key").read_text()
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    index = open_index("embedded:", tmp_path / "new")
    assert (index.n_documents, index.n_vectors, index.verify()) == (N, N, [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["backup", "home", "new"]  # nothing is left beside them


@pytest.mark.parametrize("compress", [False, True])
def test_accounts_and_likes_are_restored_row_by_row_and_read_by_nobody_else(
    home: Path, tmp_path: Path, compress: bool
) -> None:
    write(home / READERS, "INSERT INTO readers_likecount (article_id, n) VALUES (7, 3)")
    before = digests(home / READERS)
    manifest = back_up(environment(home), tmp_path / "backup", compress=compress)
    assert manifest.reader_tables == before
    assert next(t.n_rows for t in before if t.name == "readers_likecount") == 1
    assert stat.S_IMODE((tmp_path / "backup" / manifest.readers).stat().st_mode) == 0o600
    assert verify_backup(tmp_path / "backup") == []
    restore(tmp_path / "backup", tmp_path / "new")
    assert digests(tmp_path / "new" / READERS) == before
    assert stat.S_IMODE((tmp_path / "new" / READERS).stat().st_mode) == 0o600
    write(home / READERS, "UPDATE readers_likecount SET n = 4")
    [problem] = verify_home(home, manifest)
    assert "readers_likecount" in problem


def test_a_backup_from_before_there_were_readers_is_restored(home: Path, tmp_path: Path) -> None:
    (home / READERS).unlink()
    assert back_up(environment(home), tmp_path / "backup").reader_tables == ()
    path = tmp_path / "backup" / MANIFEST
    kept = {k: v for k, v in json.loads(path.read_bytes()).items() if not k.startswith("reader")}
    path.write_text(json.dumps(kept))
    assert verify_backup(tmp_path / "backup") == []
    restore(tmp_path / "backup", tmp_path / "new")
    assert run(tmp_path / "new", "work").returncode == 0


def test_a_restored_home_works(home: Path, tmp_path: Path) -> None:
    assert run(home, "backup", str(tmp_path / "backup")).returncode == 0
    assert run(tmp_path / "new", "restore", str(tmp_path / "backup")).returncode == 0
    done = run(tmp_path / "new", "work", "--json")
    told = json.loads(done.stdout)
    assert {"enrich", "index", "relate", "shelve", "likes"} <= told.keys()
    assert not any(told.values())  # nothing had to be made again
    assert run(tmp_path / "new", "doctor").returncode == 0


def test_a_backup_is_of_the_moment_at_which_it_began_and_goes_on_while_others_write(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making_module, "_PAGES", 8)
    before, n_steps = digests(home / DATABASE), 0
    n_pages = (home / DATABASE).stat().st_size // 4_096

    def write_between(title: str, *_: object) -> None:
        nonlocal n_steps
        if title == "Copying the database":
            n_steps += 1
            write(home / DATABASE, f"INSERT INTO catalog_refresh (article_id) VALUES ({n_steps + 1_000})")

    manifest = back_up(environment(home), tmp_path / "backup", write_between)
    assert manifest.tables == before
    assert 4 < n_steps <= n_pages // 8 + 2  # it never began again
    assert verify_rows(home / DATABASE, manifest) != []


def test_a_writer_never_waits_and_a_transaction_is_in_it_whole_or_not(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making_module, "_PAGES", 1)
    done, waits = threading.Event(), []

    def write_on() -> None:
        with closing(sqlite3.connect(home / DATABASE, isolation_level=None, timeout=0)) as connection:
            number = 10_000
            while not done.is_set():
                started = time.monotonic()
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"INSERT INTO catalog_refresh (article_id) VALUES ({number})")
                connection.execute(f"INSERT INTO catalog_contest (key, article_id) VALUES ('k', {number})")
                connection.execute("COMMIT")
                waits.append(time.monotonic() - started)
                number += 1

    writer = threading.Thread(target=write_on)
    writer.start()
    while not waits:
        time.sleep(0.001)
    try:
        manifest = back_up(environment(home), tmp_path / "backup")
    finally:
        done.set()
        writer.join()
    n = {t.name: t.n_rows for t in manifest.tables}
    assert n["catalog_refresh"] == n["catalog_contest"] > 0
    assert len(waits) > n["catalog_refresh"]  # it wrote on while the copy was made


def test_an_interrupted_backup_leaves_nothing(home: Path, tmp_path: Path) -> None:
    def interrupt(title: str, *_: object) -> None:
        if title.startswith("Reading"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(environment(home), tmp_path / "backup", interrupt)
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


def test_what_a_killed_backup_left_is_removed_and_what_a_living_one_makes_is_not(home: Path, tmp_path: Path) -> None:
    draft = tmp_path / "backup.unfinished"
    draft.mkdir()
    (draft / DATABASE).write_text("half")
    with draft_folder(tmp_path / "backup"), pytest.raises(BackupFailure, match="another process"):
        back_up(environment(home), tmp_path / "backup")
    draft.mkdir(exist_ok=True)
    back_up(environment(home), tmp_path / "backup")
    assert verify_backup(tmp_path / "backup") == []


def test_a_folder_that_is_there_is_not_touched(home: Path, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "mine").write_text("precious")
    with pytest.raises(BackupFailure, match="is there already"):
        back_up(environment(home), tmp_path / "backup")
    assert [p.name for p in (tmp_path / "backup").iterdir()] == ["mine"]


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_bit_that_flipped_anywhere_is_found_and_nothing_is_restored(home: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    manifest = back_up(environment(home), backup)
    for entry in manifest.files:
        path = backup / entry.path
        content = path.read_bytes()
        damage(path)
        [problem] = verify_backup(backup)
        assert str(path) in problem
        with pytest.raises(BackupFailure, match="checksum"):
            restore(backup, tmp_path / "new")
        path.write_bytes(content)
    assert not (tmp_path / "new").exists()
    (backup / DATABASE).unlink()
    [problem] = verify_backup(backup)
    assert "cannot be read" in problem


def test_a_backup_whose_manifest_is_damaged_or_absent_is_none(home: Path, tmp_path: Path) -> None:
    back_up(environment(home), tmp_path / "backup")
    (tmp_path / "backup" / MANIFEST).write_text('{"format": 1,')
    with pytest.raises(BackupFailure, match="damaged"):
        verify_backup(tmp_path / "backup")
    with pytest.raises(BackupFailure, match="no backup"):
        verify_backup(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE catalog_article SET title = title || '.' WHERE id = 7", "table catalog_article has 40 rows as in"),
        ("DELETE FROM catalog_identifier WHERE article_id = 7", "table catalog_identifier has 39 rows"),
        ("CREATE TABLE more (a)", "table more is new"),
        ("DROP TABLE catalog_claim", "table catalog_claim is missing"),
    ],
)
def test_one_row_that_is_another_is_told_with_its_table(home: Path, tmp_path: Path, change: str, told: str) -> None:
    manifest = back_up(environment(home), tmp_path / "backup", with_index=False)
    assert verify_rows(home / DATABASE, manifest) == []
    write(home / DATABASE, change)
    [problem] = verify_rows(home / DATABASE, manifest)
    assert told in problem


def test_rows_are_the_same_however_the_file_lies(home: Path) -> None:
    before = digests(home / DATABASE)
    write(home / DATABASE, "CREATE TABLE filler AS SELECT * FROM catalog_article")
    write(home / DATABASE, "DROP TABLE filler")
    with closing(sqlite3.connect(home / DATABASE, isolation_level=None)) as connection:
        connection.execute("VACUUM")
    assert compare_tables(before, list(digests(home / DATABASE))) == []


def test_a_table_without_row_numbers_is_read_by_its_key(tmp_path: Path) -> None:
    found = []
    for name, order in (("one", "ASC"), ("two", "DESC")):
        write(tmp_path / name, "CREATE TABLE t (b INT, a INT, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID")
        write(
            tmp_path / name,
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
            f" INSERT INTO t SELECT i % 7, i, 'x' || i FROM n ORDER BY i {order}",
        )
        found.append(digests(tmp_path / name))
    assert found[0] == found[1]
    assert found[0][0].n_rows == 5_001


def test_a_home_that_holds_something_is_refused_or_set_aside(home: Path, tmp_path: Path) -> None:
    back_up(environment(home), tmp_path / "backup")
    write(home / DATABASE, "DELETE FROM catalog_article WHERE id = 3")
    with pytest.raises(BackupFailure, match="--force"):
        restore(tmp_path / "backup", home)
    restored = restore(tmp_path / "backup", home, force=True)
    assert digests(home / DATABASE) == restored.manifest.tables
    assert restored.set_aside is not None
    assert verify_rows(restored.set_aside / DATABASE, restored.manifest) != []


def test_an_interrupted_restore_leaves_no_home_and_the_old_one_as_it_was(home: Path, tmp_path: Path) -> None:
    back_up(environment(home), tmp_path / "backup")

    def interrupt(title: str, *_: object) -> None:
        if title.startswith("Reading catalog"):
            raise KeyboardInterrupt

    for place, force in ((tmp_path / "new", False), (home, True)):
        with pytest.raises(KeyboardInterrupt):
            restore(tmp_path / "backup", place, interrupt, force=force)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["backup", "home"]
    assert digests(home / DATABASE) == read_manifest(tmp_path / "backup").tables


def test_an_empty_home_that_is_a_disk_of_its_own_is_filled(home: Path, tmp_path: Path) -> None:
    back_up(environment(home), tmp_path / "backup")
    with small_disk(tmp_path / "disk", "64m") as disk:
        restore(tmp_path / "backup", disk)
        assert sorted(p.name for p in disk.iterdir()) == [DATABASE, "index", READERS, "secret-key"]
        with pytest.raises(BackupFailure, match="mount point"):
            restore(tmp_path / "backup", disk, force=True)


def test_a_disk_without_room_is_told_and_left_empty(home: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        with pytest.raises(BackupFailure, match="no room"):
            back_up(environment(home), disk / "backup")
        back_up(environment(home), tmp_path / "backup")
        with pytest.raises(BackupFailure, match="no room"):
            restore(tmp_path / "backup", disk / "new")
        assert list(disk.iterdir()) == []


def test_a_backup_of_a_newer_version_is_refused(home: Path, tmp_path: Path) -> None:
    write(
        home / DATABASE, "INSERT INTO django_migrations (app, name, applied) VALUES ('catalog', '9999_later', '2040')"
    )
    back_up(environment(home), tmp_path / "backup", with_index=False)
    with pytest.raises(BackupFailure, match="9999_later"):
        restore(tmp_path / "backup", tmp_path / "new")


def test_without_the_index_it_is_made_again(home: Path, tmp_path: Path) -> None:
    assert not back_up(environment(home), tmp_path / "backup", with_index=False).has_index
    restore(tmp_path / "backup", tmp_path / "new")
    assert json.loads(run(tmp_path / "new", "work", "--json").stdout)["index"] == N


def test_tables_in_postgresql_are_left_to_its_own_backup(home: Path, tmp_path: Path) -> None:
    elsewhere = environment(home, {"GERMANE_DATABASE_URL": "postgresql://someone:hush@localhost/germane"})
    with pytest.raises(BackupFailure, match="pg_dump"):
        back_up(elsewhere, tmp_path / "backup")
    manifest = back_up(elsewhere, tmp_path / "backup", with_database=False)
    assert manifest.has_index
    assert "hush" not in (tmp_path / "backup" / MANIFEST).read_text()
    assert (home / "secret-key").read_text() not in (tmp_path / "backup" / MANIFEST).read_text()
    assert verify_backup(tmp_path / "backup") == []


def test_the_commands_say_what_is_wrong_and_end_with_two(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = tmp_path / "backup"
    monkeypatch.setenv("GERMANE_HOME", str(home))

    def command(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments])

    assert json.loads(command("backup", backup, "--json").stdout)["rows"]["catalog_article"] == N
    for arguments, told in (
        (["backup", backup], "is there already"),
        (["restore", backup], "--force"),
        (["restore", tmp_path / "nothing"], "is no backup"),
        (["backup", "--verify", tmp_path], "is no backup"),
    ):
        done = command(*arguments)
        assert (done.exit_code, told in done.stderr) == (2, True), done.stderr
    assert command("backup", "--verify", backup, "--against", home).exit_code == 0
    write(home / DATABASE, "UPDATE catalog_article SET title = 'another' WHERE id = 1")
    assert "catalog_article" in command("backup", "--verify", backup, "--against", home).stderr
    damage(backup / DATABASE)
    assert command("backup", "--verify", backup).exit_code == 2
    shutil.rmtree(home / "index")
    done = command("backup", tmp_path / "second")
    assert (done.exit_code, "--without-index" in done.stderr) == (2, True)
