"""Look at everything that can be wrong, in an order in which the first finding explains those after it."""

import os
from collections.abc import Iterator, Mapping

from msgspec import structs

from germane.web.env import SettingError, read_environment, sqlite_path
from germane.web.jobs.doctor import EXIT_CODES, Finding, Site
from germane.web.jobs.doctor.database import examine_database
from germane.web.jobs.doctor.home import examine_home
from germane.web.jobs.doctor.index import examine_index
from germane.web.jobs.doctor.machine import examine_machine
from germane.web.jobs.doctor.queues import examine_queues
from germane.web.jobs.doctor.settings import examine_settings

EXAMINATIONS = (examine_machine, examine_settings, examine_home, examine_database, examine_queues, examine_index)


def examine(
    environ: Mapping[str, str] = os.environ, *, is_deep: bool = False, with_fix: bool = False
) -> Iterator[Finding]:
    """Yield what is wrong with the site that the environment names; `with_fix` mends what can be mended safely.

    Changes nothing else, and makes nothing: no folder, no secret, no table.
    """
    try:
        # The secret is looked at as a file: reading it here would make one where there is none.
        environment = read_environment({**environ, "GERMANE_SECRET_KEY": "not asked for"})
    except SettingError as error:
        yield Finding("setting", "error", str(error), "No command starts.", "correct the setting: docs/configure.md")
        return
    site = Site(environment, sqlite_path(environment.database_url), is_deep)
    for examination in EXAMINATIONS:
        for finding in examination(site):
            yield _mend(finding) if with_fix else finding


def exit_code(findings: list[Finding]) -> int:
    """Return 0 when all is well (or only worth a note), 1 for warnings, 2 for errors; what was fixed does not count."""
    return max((EXIT_CODES[f.level] for f in findings if not f.is_fixed), default=0)


def _mend(finding: Finding) -> Finding:
    if finding.fix is None:
        return finding
    try:
        finding.fix()
    except OSError as error:
        return structs.replace(finding, what=f"{finding.what} (and cannot be mended: {error.strerror})")
    return structs.replace(finding, is_fixed=True)
