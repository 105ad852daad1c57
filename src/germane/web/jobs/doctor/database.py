"""The database's file: can it be opened, is somebody in it, is it whole, and are its tables this version's?"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import zstandard

import germane
from germane.web.catalog.codec import unpack_similar
from germane.web.jobs.doctor import Finding, Site
from germane.web.jobs.doctor.locks import find_writers
from germane.web.jobs.reading_only import open_for_reading

_PATIENCE_S = 1.5
_SHOWN = 5  # problems of one kind
# What must be true of the rows: (what is wrong, how to find some, what to do). `{id}` is a row's number.
_TIES = (
    ("identifiers name articles that are not there", "catalog_identifier", "article_id", "germane rebuild articles"),
    ("records belong to articles that are not there", "catalog_record", "article_id", "germane rebuild articles"),
    ("abstracts belong to articles that are not there", "catalog_abstract", "article_id", "germane rebuild articles"),
    ("mentions are on pages of articles that are gone", "catalog_mention", "article_id", "germane rebuild shelves"),
    ("keyphrases belong to articles that are not there", "catalog_articlekeyphrase", "article_id",
     "germane rebuild keyphrases"),
    ("lists of similar articles belong to articles that are not there", "catalog_similar", "article_id",
     "germane rebuild similar"),
)  # fmt: skip


def examine_database(site: Site) -> Iterator[Finding]:
    """Yield what is wrong with the SQLite files, the catalog's and the readers'; nothing where there are none yet."""
    yield from _examine(site.database, "catalog", site.is_deep)
    yield from _examine(site.readers, "readers", site.is_deep)


def known_migrations(app: str = "catalog") -> list[str]:
    """Return the names of an app's migrations that this version has, in their order."""
    folder = Path(germane.__file__).parent / "web" / app / "migrations"
    return sorted(path.stem for path in folder.glob("[0-9]*.py"))


def _examine(path: Path | None, app: str, is_deep: bool) -> Iterator[Finding]:
    if path is None or not path.exists():
        return
    try:
        with closing(open_for_reading(path, timeout_s=_PATIENCE_S)) as connection:
            yield from _schema(connection, app)
            yield from _log(path)
            if is_deep:
                yield from _integrity(connection, path)
                yield from _ties(connection)
                yield from _lists(connection)
        yield from _writer(path)
    except (sqlite3.Error, OSError) as error:
        yield _unreadable(path, error)


def _schema(connection: sqlite3.Connection, app: str) -> Iterator[Finding]:
    try:
        asked = "SELECT name FROM django_migrations WHERE app = ?"
        applied = {str(name) for (name,) in connection.execute(asked, [app])}
    except sqlite3.OperationalError:
        applied = set()
    known = known_migrations(app)
    if ahead := sorted(applied - set(known)):
        yield Finding(
            "database-newer",
            "error",
            f"The tables were made by a newer Germane than this one, {germane.__version__} ({ahead[0]})",
            "This version would read and write them wrongly.",
            "pip install --upgrade germane, or germane restore a backup of this version",
        )
    if missing := [name for name in known if name not in applied]:
        yield Finding(
            "database-older",
            "warning",
            f"The tables are of an older Germane; {len(missing)} changes are due, first {missing[0]}",
            "Every command that writes makes them first, which may take minutes.",
            "germane backup FOLDER, then germane work",
        )


def _log(path: Path) -> Iterator[Finding]:
    with path.open("rb") as file:
        form = file.read(20)[18:]
    if form != b"\x02\x02":  # sqlite.org/fileformat.html#file_format_version_numbers
        yield Finding(
            "no-write-ahead-log",
            "error",
            f"{path} works without a write-ahead log",
            "Every write stops all readers. Commands turn it on; a disk where that is impossible is a network disk.",
            "set GERMANE_HOME to a folder on a local disk",
        )
    log = path.with_name(f"{path.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > max(1 << 30, path.stat().st_size // 2):
        yield Finding(
            "large-write-ahead-log",
            "warning",
            f"{log} has {size / 1e9:.1f} GB",
            "It cannot be emptied while one reader stays in the database: reading becomes slower, the disk fills.",
            "restart germane serve; a backup that is running ends by itself",
        )


def _writer(path: Path) -> Iterator[Finding]:
    """Yield who is in the way when nobody else can write for longer than an import's batch takes."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE_S)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return  # a read-only disk, which the home's check tells
        yield _locked(path)


def _locked(path: Path) -> Finding:
    writers = find_writers(path)
    who = ", ".join(f"process {w.pid} ({w.command})" for w in writers) or "another process"
    return Finding(
        "database-locked",
        "warning",
        f"The database is locked by {who}",
        "Others wait 30 seconds for it and then give up. An import or `germane work` holds it for moments only.",
        f"wait for it to end; if it hangs: kill {writers[0].pid}" if writers else f"find it: fuser -v {path}",
    )


def _unreadable(path: Path, error: Exception) -> Finding:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _locked(path)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(path, str(error))
    return Finding(
        "database-unreadable",
        "error",
        f"{path} cannot be read: {error}",
        "Nothing works without it.",
        f"look at its owner and permissions: ls -l {path}*",
    )


def _damaged(path: Path, problem: str) -> Finding:
    return Finding(
        "database-damaged",
        "error",
        f"{path} is damaged: {problem}",
        "What meets the damage fails. It comes from the disk, or from a copy made without `germane backup`.",
        "germane restore BACKUP --force; without a backup: sqlite3 germane.sqlite3 .recover",
    )


def _integrity(connection: sqlite3.Connection, path: Path) -> Iterator[Finding]:
    problems = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({_SHOWN})")]
    if problems != ["ok"]:
        yield _damaged(path, "; ".join(problems))


def _ties(connection: sqlite3.Connection) -> Iterator[Finding]:
    for what, table, column, advice in _TIES:
        if not _has(connection, table, column):
            continue
        found = connection.execute(
            f'SELECT DISTINCT "{column}" FROM "{table}" t WHERE NOT EXISTS'  # noqa: S608 (names of our own)
            f' (SELECT 1 FROM catalog_article a WHERE a.id = t."{column}") LIMIT {_SHOWN}'
        ).fetchall()
        if found:
            some = ", ".join(str(number) for (number,) in found)
            yield Finding(
                "rows-without-article",
                "error",
                f"Some {what}: {some}{' …' if len(found) == _SHOWN else ''}",
                "Pages that list them have gaps. It comes from a change of the tables by other means than Germane.",
                advice,
            )


def _lists(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Yield lists of similar articles that cannot be read, or that name articles which were never here."""
    if not _has(connection, "catalog_similar", "found"):
        return
    there = {number for (number,) in connection.execute("SELECT id FROM catalog_article")}
    wrong = []
    for number, blob in connection.execute("SELECT article_id, found FROM catalog_similar ORDER BY article_id"):
        try:
            named = {other for other, _, _ in unpack_similar(blob)}
        except (zstandard.ZstdError, msgspec.DecodeError, ValueError, TypeError, LookupError):
            named = {0}  # which no article has
        if not named <= there:
            wrong.append(number)
    if wrong:
        yield Finding(
            "lists-damaged",
            "error",
            f"{len(wrong):,} lists of similar articles are damaged or name articles that are not there, such as that of"
            f" {wrong[0]}",
            "Their pages fail, or have gaps.",
            "germane rebuild similar",
        )


def _has(connection: sqlite3.Connection, table: str, column: str) -> bool:
    return any(name == column for _, name, *_ in connection.execute(f'PRAGMA table_info("{table}")'))
