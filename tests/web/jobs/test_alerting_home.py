"""From a file that says that an article was retracted to the mail of who likes it: with the command line."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from tests.web.jobs.homes import run

DOI = "10.5555/7"


def line(**more: object) -> str:
    """An article that the home has already, with more told of it."""
    return json.dumps({"germane": 1, "kind": "article", "identifiers": [f"doi:{DOI}"], "published_on": "2020",
                       "title": "Made-up finding about pain", **more}) + "\n"  # fmt: skip


def notice(kind: str) -> dict[str, object]:
    return {"kind": kind, "source": "the publisher", "identifier": f"doi:10.5555/{kind}"}


def mails_in(folder: Path) -> list[Any]:
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.log"))]


def add_reader(home: Path, number: int, article: int, *, is_verified: bool = True, wants_mails: bool = True) -> None:
    with closing(sqlite3.connect(home / "readers.sqlite3")) as rows:
        columns = {c[1]: c for c in rows.execute("PRAGMA table_info(readers_reader)")}
        values: dict[str, object] = {
            "id": number, "email": f"r{number}@example.org", "password": "!", "name": "", "is_staff": 0,
            "is_active": 1, "is_superuser": 0, "joined_at": datetime.now(UTC).isoformat(" "), "feed_key": f"f{number}",
            "digest": "none", "digest_key": f"d{number}", "alert_mails": wants_mails,
        }  # fmt: skip
        required = {name for name, c in columns.items() if c[3] and c[4] is None}
        assert required <= values.keys(), required - values.keys()
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        rows.execute(f"INSERT INTO readers_reader ({names}) VALUES ({marks})", [*values.values()])
        rows.execute(
            'INSERT INTO account_emailaddress (email, verified, "primary", user_id) VALUES (?, ?, 1, ?)',
            [values["email"], is_verified, number],
        )
        rows.execute(
            "INSERT INTO readers_like (reader_id, article_id, liked_at, is_counted) VALUES (?, ?, ?, 1)",
            [number, article, "2026-11-01 00:00:00"],
        )
        rows.commit()


def told(home: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(home / "readers.sqlite3")) as rows:
        return rows.execute("SELECT reader_id, kind FROM readers_alert ORDER BY id").fetchall()


def test_who_likes_an_article_is_told_at_once_and_by_mail_that_it_was_retracted(home: Path, tmp_path: Path) -> None:
    mails, file = tmp_path / "mails", tmp_path / "articles.jsonl"
    mails.mkdir()
    settings = {"GERMANE_MAIL_URL": f"file://{mails}", "GERMANE_BASE_URL": "https://germane.example"}
    with closing(sqlite3.connect(home / "germane.sqlite3")) as rows:
        [(number,)] = rows.execute("SELECT id FROM catalog_article WHERE doi = ?", [DOI]).fetchall()
    add_reader(home, 1, number)
    add_reader(home, 2, number, is_verified=False)
    add_reader(home, 3, number, wants_mails=False)
    add_reader(home, 4, 999)

    file.write_text(line(notices=[notice("retraction")]))
    done = run(home, "import", "--later", str(file), **settings)
    assert done.returncode == 0, done.stderr
    done = run(home, "work", "--json", **settings)
    assert (json.loads(done.stdout)["alerts"], json.loads(done.stdout)["mails"]) == (3, 1), done.stderr
    assert told(home) == [(1, "retraction"), (2, "retraction"), (3, "retraction")]
    [mail] = mails_in(mails)
    assert mail["To"] == "r1@example.org"
    assert mail["Subject"] == "Retracted: Made-up finding about pain"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    unsubscribe = mail["List-Unsubscribe"].strip()
    assert unsubscribe.startswith("<https://germane.example/you/unsubscribe/alerts/1:")
    text = mail.get_content()
    assert "This article was retracted." in text
    assert f"https://germane.example/doi/{DOI}" in text
    assert "You like this article." in text
    assert unsubscribe.strip("<>") in text

    file.write_text(line(notices=[notice("retraction"), notice("reinstatement")]))
    done = run(home, "import", "--json", str(file), **settings)
    assert json.loads(done.stdout)["told"] == {"alerts": 3, "mails": 1}, done.stderr
    assert mails_in(mails)[-1]["Subject"] == "Reinstated: Made-up finding about pain"
