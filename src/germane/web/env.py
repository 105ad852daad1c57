"""What the environment says: every setting of Germane, read and checked once; a wrong value stops the start."""

import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct


class SettingError(Exception):
    """A setting that cannot be used. The message names it and says what would do."""


class Environment(Struct, frozen=True):
    """The settings. Each is `GERMANE_` and its name in capitals; `docs/configure.md` describes them."""

    home: Path
    database_url: str
    index_url: str
    secret_key: str
    base_url: str
    allowed_hosts: tuple[str, ...]
    abstracts: str
    site_name: str
    contact: str
    debug: bool
    page_cache_mb: int
    embedder: str


ABSTRACT_POLICIES = ("open-only", "crossref", "all-local")
_KNOWN = {name.upper() for name in Environment.__struct_fields__} | {"SHARED", "SECRET_KEY_FILE"}


def read_environment(environ: Mapping[str, str] = os.environ) -> Environment:
    """Return the settings. Raises SettingError for a value that cannot be used and for an unknown GERMANE_ name."""
    given = {k.removeprefix("GERMANE_"): v.strip() for k, v in environ.items() if k.startswith("GERMANE_")}
    unknown = sorted(set(given) - _KNOWN)
    if unknown:
        raise SettingError(f"GERMANE_{unknown[0]} is no setting of Germane; the known ones are in docs/configure.md")

    def value(name: str, default: str, check: Callable[[str], Any]) -> Any:
        try:
            return check(given.get(name, "") or default)
        except ValueError as error:
            raise SettingError(f"GERMANE_{name}={given.get(name)!r}: {error}") from error

    home = find_home(environ)
    base_url = value("BASE_URL", "http://127.0.0.1:8000", _base_url)
    host = urlsplit(base_url).hostname or ""
    return Environment(
        home=home,
        database_url=value("DATABASE_URL", f"sqlite:///{home / 'germane.sqlite3'}", _database_url),
        index_url=value("INDEX_URL", "embedded:", _index_url),
        secret_key=given.get("SECRET_KEY", "") or _stored_secret(home),
        base_url=base_url,
        allowed_hosts=tuple(
            dict.fromkeys(
                [*given.get("ALLOWED_HOSTS", "").replace(",", " ").split(), host, "127.0.0.1", "localhost", "[::1]"]
            )
        ),
        abstracts=value("ABSTRACTS", "all-local", _policy),
        site_name=given.get("SITE_NAME", "") or "Germane",
        contact=value("CONTACT", "", _contact),
        debug=value("DEBUG", "0", _flag),
        page_cache_mb=value("PAGE_CACHE_MB", "64", _size),
        embedder=value("EMBEDDER", "static", _embedder),
    )


def find_home(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the site's data, which may not be there yet. Raises SettingError."""
    given = environ.get("GERMANE_HOME", "").strip()
    try:
        return _home(given or str(_default_home(environ)))
    except ValueError as error:
        raise SettingError(f"GERMANE_HOME={given!r}: {error}") from error


def sqlite_path(url: str) -> Path | None:
    """Return the file of a `sqlite:///path` address; None of another database."""
    parts = urlsplit(url)
    return Path(unquote(parts.path[1:])) if parts.scheme == "sqlite" else None


def database_settings(url: str) -> dict[str, Any]:
    """Return Django's DATABASES entry for a `sqlite:///path` or `postgresql://…` address."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": _sqlite_name(Path(unquote(parts.path[1:]))),  # four slashes: from the root; three: from here
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                # The log may grow to 256 MB before its pages go to their places: in the trees of keys, where every
                # transaction of an import changes much the same pages, they go there once instead of many times.
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=1073741824;"
                    "PRAGMA cache_size=-65536;PRAGMA temp_store=MEMORY;PRAGMA wal_autocheckpoint=65536;"
                    "PRAGMA journal_size_limit=67108864;"
                ),
            },
            "CONN_MAX_AGE": None,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "CONN_MAX_AGE": None,
    }


def _sqlite_name(path: Path) -> str:
    """Return what to open. On a read-only disk SQLite has to be told that it need not lock what nobody changes."""
    if not path.is_file() or path.with_name(f"{path.name}-wal").exists() or not hasattr(os, "ST_RDONLY"):
        return str(path)
    is_frozen = os.statvfs(path).f_flag & os.ST_RDONLY
    return f"{path.absolute().as_uri()}?immutable=1" if is_frozen else str(path)


def _default_home(environ: Mapping[str, str]) -> Path:
    if environ.get("XDG_DATA_HOME"):
        return Path(environ["XDG_DATA_HOME"]) / "germane"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "germane"
    return Path.home() / ".local" / "share" / "germane"


def _home(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError("it is a file; name a folder that Germane may keep its data in")
    return path


def _database_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("expected sqlite:////folder/file or postgresql://user:password@host/name")
    if not parts.path.strip("/"):
        raise ValueError("it names no database")
    return text


def _index_url(text: str) -> str:
    if not text.startswith("embedded:"):
        raise ValueError("expected embedded: (the default), or embedded:/folder")
    return text


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
        raise ValueError("expected the site's own address, such as https://articles.example.org")
    return text.rstrip("/")


def _policy(text: str) -> str:
    if text not in ABSTRACT_POLICIES:
        raise ValueError(f"expected one of {', '.join(ABSTRACT_POLICIES)}")
    return text


def _contact(text: str) -> str:
    if text and "@" not in text and not text.startswith("https://"):
        raise ValueError("expected an e-mail address or an https:// address")
    return text


def _flag(text: str) -> bool:
    if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
        raise ValueError("expected 1 or 0")
    return text.lower() in {"1", "true", "yes"}


def _size(text: str) -> int:
    if not text.isdigit():
        raise ValueError("expected a whole number of megabytes, 0 to turn it off")
    return int(text)


def _embedder(text: str) -> str:
    kind, colon, rest = text.partition(":")
    if text in {"static", "minilm"} or (kind == "hub" and rest.count("/") == 1 and all(rest.split("/"))):
        return text
    if not (kind == "onnx" and colon and rest):
        raise ValueError("expected static (the default), minilm, onnx:/folder or hub:owner/model")
    if not Path(rest).expanduser().is_dir():
        raise ValueError("there is no such folder; it should hold model.onnx and tokenizer.json")
    return text


def _stored_secret(home: Path) -> str:
    """Return the home's own secret, made at the first start and readable by its owner alone."""
    path = home / "secret-key"
    try:
        return _read_secret(path)
    except FileNotFoundError:
        pass
    try:
        home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was first
        return _read_secret(path)
    except OSError as error:
        raise SettingError(f"GERMANE_HOME={str(home)!r} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret


def _read_secret(path: Path) -> str:
    """Return the secret that a file holds. Raises FileNotFoundError, and SettingError when it cannot be used."""
    for _ in range(50):  # another process may have made the file and not yet filled it
        try:
            secret = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            told = f"{path} cannot be read: {why}; run as the user to whom it belongs, or see germane doctor"
            raise SettingError(f"GERMANE_HOME={str(path.parent)!r}: {told}") from error
        if secret:
            return secret
        time.sleep(0.01)
    raise SettingError(f"GERMANE_HOME={str(path.parent)!r}: {path} is empty; remove it, and a new one is made")
