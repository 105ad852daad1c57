"""The settings that commands would use: can they be read, and do they fit a site that others reach?"""

import os
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from germane.web.jobs.doctor import Finding, Site

_LOCAL = {"127.0.0.1", "localhost", "::1", "0.0.0.0"}  # noqa: S104 (names that only this machine understands)


def examine_settings(site: Site, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield settings that are allowed, and probably not meant."""
    parts = urlsplit(site.environment.base_url)
    if (parts.hostname or "") in _LOCAL:
        yield Finding(
            "local-base-url",
            "note",
            f"The site's own address is {site.environment.base_url}",
            "Links in feeds, sitemaps and exports lead nowhere on other machines.",
            "set GERMANE_BASE_URL=https://… when others shall reach the site",
        )
    elif parts.scheme == "http":
        yield Finding(
            "insecure-base-url",
            "note",
            f"The site's own address is {site.environment.base_url}, without encryption",
            "Browsers warn readers, and search engines prefer https.",
            "set GERMANE_BASE_URL=https://…",
        )
    elif "." not in (parts.hostname or ""):
        yield Finding(
            "strange-base-url",
            "warning",
            f"GERMANE_BASE_URL={site.environment.base_url} names a host without a domain",
            "Links in feeds, sitemaps and exports lead nowhere on other machines.",
            "set GERMANE_BASE_URL to the address that readers use",
        )
    if parts.scheme == "https" and site.environment.accounts and site.environment.mail_url == "console:":
        yield Finding(
            "mail-goes-nowhere",
            "warning",
            "Readers may open accounts, but with GERMANE_MAIL_URL=console: mail is printed, not sent",
            "Nobody gets the code that confirms an address, so nobody can open an account.",
            "set GERMANE_MAIL_URL=smtp://…, or GERMANE_ACCOUNTS=off",
        )
    if site.environment.debug:
        yield Finding(
            "debug",
            "warning",
            "GERMANE_DEBUG is on",
            "Errors show code and settings to everybody.",
            "unset GERMANE_DEBUG",
        )
