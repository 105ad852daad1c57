"""What the settings make of accounts, each in a process of its own: Django reads them once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]

_SAY = """
import json, os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "germane.web.settings"
django.setup()
from django.conf import settings
from django.test import Client
from germane.web.jobs.preparing import prepare_home
prepare_home()
from django.db import connections
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
host = settings.ENVIRONMENT.base_url.partition("//")[2]
client = Client(enforce_csrf_checks=True, headers={"host": host})
page = client.get("/account/login/")
token = page.content.decode().partition('csrfmiddlewaretoken" value="')[2][:64]
form = {"login": "a@example.org", "password": "x", "csrfmiddlewaretoken": token}
print(json.dumps({
    "status": page.status_code,
    "page": page.content.decode(),
    "cookies": {name: dict(cookie) for name, cookie in client.cookies.items()},
    "own_origin": client.post("/account/login/", form, headers={"origin": settings.ENVIRONMENT.base_url}).status_code,
    "other_origin": client.post("/account/login/", form, headers={"origin": "https://evil.example"}).status_code,
    "session_cookie": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_AGE],
    "you": client.get("/you/delete").status_code,
    "like": client.get("/about").status_code,
    "tables": {alias: connections[alias].introspection.table_names() for alias in connections},
}))
"""


def say(home: Path, **given: str) -> Any:
    """Return what a site with some settings answers."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GERMANE_")}
    environment |= {"GERMANE_HOME": str(home), "PYTHONPATH": str(ROOT / "src"), "PYTHONWARNINGS": "ignore"}
    environment |= {f"GERMANE_{name}": value for name, value in given.items()}
    told = subprocess.run([sys.executable, "-c", _SAY], env=environment, cwd=ROOT, capture_output=True, text=True,
                          timeout=300)  # fmt: skip
    assert told.returncode == 0, told.stderr[-2_000:]
    return json.loads(told.stdout.splitlines()[-1])


def test_behind_tls_cookies_are_secure_and_the_hosts_alone_and_providers_have_buttons(tmp_path: Path) -> None:
    app = {"provider_id": "university", "name": "The University", "client_id": "a", "secret": "b",
           "settings": {"server_url": "https://login.university.example"}}  # fmt: skip
    providers = tmp_path / "providers.json"
    providers.write_text(json.dumps({"openid_connect": {"APPS": [app]}}))
    told = say(
        tmp_path,
        BASE_URL="https://articles.example.org",
        SESSION_DAYS="7",
        LOGIN_PROVIDERS=str(providers),
        ORCID_CLIENT_ID="APP-1",
        ORCID_CLIENT_SECRET="s",
    )
    assert told["status"] == 200
    assert told["session_cookie"] == ["__Host-germane_session", True, 7 * 86_400]
    csrf = told["cookies"]["__Host-germane_csrf"]
    assert (csrf["secure"], csrf["httponly"], csrf["samesite"], csrf["path"], csrf["domain"]) == (
        True, True, "Lax", "/", "",
    )  # fmt: skip
    assert (told["own_origin"], told["other_origin"]) == (200, 403)
    assert "Sign in with The University" in told["page"]
    assert "/account/oidc/university/login/" in told["page"]
    assert "Sign in with ORCID" in told["page"]


def test_where_accounts_are_off_their_pages_are_not_there_and_what_is_personal_has_its_own_file(tmp_path: Path) -> None:
    told = say(tmp_path, ACCOUNTS="off")
    assert (told["status"], told["you"], told["like"]) == (404, 404, 200)
    assert told["cookies"] == {}
    catalog, readers = (set(told["tables"][alias]) for alias in ("default", "readers"))
    assert catalog & readers == {"django_migrations"}
    assert all(table.startswith("catalog_") or table == "django_migrations" for table in catalog)
    assert {"readers_reader", "readers_like", "readers_cache", "django_session", "account_emailaddress"} <= readers
    assert (tmp_path / "readers.sqlite3").is_file()
