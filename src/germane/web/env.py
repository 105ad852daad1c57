"""What the environment says: every setting of Germane, read and checked once; a wrong value stops the start."""

import json
import os
import secrets
import sys
import time
import tomllib
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

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
    accounts: bool
    mail_url: str
    session_days: int
    trusted_proxies: int
    orcid_client_id: str
    orcid_client_secret: str
    orcid_url: str
    login_providers: dict[str, Any]
    fetch_allowed_hosts: tuple[str, ...]
    sources: dict[str, Any]


# What neither a backup nor a report may carry.
SECRET_SETTINGS = frozenset(
    {"secret_key", "database_url", "mail_url", "orcid_client_secret", "login_providers", "sources"}
)
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
            told = "…" if name.lower() in SECRET_SETTINGS else repr(given.get(name))
            raise SettingError(f"GERMANE_{name}={told}: {error}") from error

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
        accounts=value("ACCOUNTS", "on", _flag),
        mail_url=value("MAIL_URL", "console:", _mail_url),
        session_days=value("SESSION_DAYS", "30", _days),
        trusted_proxies=value("TRUSTED_PROXIES", "0", _proxies),
        orcid_client_id=value("ORCID_CLIENT_ID", "", lambda text: _pair(text, given.get("ORCID_CLIENT_SECRET", ""))),
        orcid_client_secret=value(
            "ORCID_CLIENT_SECRET", "", lambda text: _pair(text, given.get("ORCID_CLIENT_ID", ""))
        ),
        orcid_url=value("ORCID_URL", "https://orcid.org", _base_url),
        login_providers=value("LOGIN_PROVIDERS", "", _providers),
        fetch_allowed_hosts=value("FETCH_ALLOWED_HOSTS", "", _fetch_hosts),
        sources=value("SOURCES", "", _sources),
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


def mail_settings(url: str, sender: str) -> dict[str, Any]:
    """Return Django's e-mail settings for a `console:`, `smtp://…`, `smtps://…` or `file:///folder` address.

    `sender` is who writes, unless the address says `?from=`.
    """
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    found: dict[str, Any] = {"DEFAULT_FROM_EMAIL": asked.get("from") or sender, "EMAIL_TIMEOUT": 10}
    if parts.scheme == "file":
        kind = {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(parts.path),
        }
        return found | kind
    if parts.scheme == "console":
        return found | {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    is_tls = asked.get("tls", "1") != "0"
    return found | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and is_tls,
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
    if text.lower() not in {"0", "1", "true", "false", "yes", "no", "on", "off"}:
        raise ValueError("expected 1 or 0, or on or off")
    return text.lower() in {"1", "true", "yes", "on"}


def _size(text: str) -> int:
    if not text.isdigit():
        raise ValueError("expected a whole number of megabytes, 0 to turn it off")
    return int(text)


def _days(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 400:
        raise ValueError("expected a whole number of days, 1 to 400")
    return int(text)


def _proxies(text: str) -> int:
    if not text.isdigit() or int(text) > 9:
        raise ValueError("expected how many proxies of yours stand before the site, 0 to 9")
    return int(text)


def _mail_url(text: str) -> str:
    expected = "expected console:, smtp://user:password@host:587/?from=library@example.org, smtps://… or file:///folder"
    try:
        parts, asked = urlsplit(text), dict(parse_qsl(urlsplit(text).query, strict_parsing=bool(urlsplit(text).query)))
        parts.port  # noqa: B018 – reading it checks it
    except ValueError as error:
        raise ValueError(expected) from error
    if parts.scheme not in {"console", "smtp", "smtps", "file"}:
        raise ValueError(expected)
    if parts.scheme in {"smtp", "smtps"} and (not parts.hostname or parts.path.strip("/")):
        raise ValueError(f"it names no mail server; {expected}")
    if parts.scheme == "file" and not parts.path.strip("/"):
        raise ValueError(f"it names no folder; {expected}")
    unknown = set(asked) - {"tls", "from"}
    if unknown:
        raise ValueError(f"{min(unknown)} is none of tls and from; {expected}")
    if asked.get("tls", "1") not in {"0", "1"}:
        raise ValueError("tls is 1 (the default) or 0")
    if "@" not in asked.get("from", "@"):
        raise ValueError("from is an e-mail address")
    return text


def _pair(text: str, other: str) -> str:
    if bool(text) != bool(other):
        raise ValueError("GERMANE_ORCID_CLIENT_ID and GERMANE_ORCID_CLIENT_SECRET go together; one of them is not set")
    return text


def _providers(text: str) -> dict[str, Any]:
    """Return what a JSON file says of ways to sign in: allauth's SOCIALACCOUNT_PROVIDERS, by provider."""
    if not text:
        return {}
    try:
        found = json.loads(Path(text).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"this file cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"this file is no JSON: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(of_one, dict) for of_one in found.values()):
        raise ValueError('expected a file with {"openid_connect": {"APPS": [{"client_id": …, "secret": …}]}}')
    for name in found:
        if name == "orcid":
            raise ValueError("ORCID has settings of its own, GERMANE_ORCID_CLIENT_ID and GERMANE_ORCID_CLIENT_SECRET")
        if not name.isidentifier() or find_spec(f"allauth.socialaccount.providers.{name}") is None:
            raise ValueError(f"{name!r} is no provider of django-allauth")
    return found


def _fetch_hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(text.lower().replace(",", " ").split())
    for host in hosts:
        expected = "expected hosts such as repository.example.org or 10.1.2.3:8080, without http:// and path"
        try:
            parts = urlsplit(f"//{host}")
            if not parts.hostname or parts.netloc != host or "@" in host or "*" in host or parts.port == 0:
                raise ValueError(expected)
        except ValueError as error:
            raise ValueError(f"{host!r} is no host: {expected}") from error
    return hosts


def _sources(text: str) -> dict[str, Any]:
    """Return what a TOML file says of sources: a table of settings each."""
    if not text:
        return {}
    from germane.harvest.choosing import load_sources  # which every process would load for nothing

    try:
        found = tomllib.loads(Path(text).expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"this file cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"this file is no TOML: {error}") from error
    if not all(isinstance(of_one, dict) for of_one in found.values()):
        raise ValueError('expected a table a source, such as [crossref] and below it by = "created-date"')
    load_sources(found)
    return found


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
