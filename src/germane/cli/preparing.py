"""Make a command ready that works on a site's data."""

import os

from germane.cli.failures import describe_failure
from germane.cli.printing import fail


def prepare() -> None:
    """Set Django up and bring the database's tables up to date; ends the command when that cannot be."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "germane.web.settings")
    from germane.web.env import SettingError, read_environment

    try:
        read_environment()
    except SettingError as error:
        fail(str(error))
    import django

    django.setup()
    from django.conf import settings
    from django.db import DatabaseError

    from germane.enrich.embedding import EmbeddingFailure
    from germane.web.jobs.preparing import check_embedder, prepare_home

    try:
        prepare_home()
        check_embedder()
    except EmbeddingFailure as error:
        fail(f"GERMANE_EMBEDDER={settings.ENVIRONMENT.embedder!r}: {error}")
    except (OSError, DatabaseError) as error:
        fail(f"the data of this site cannot be opened: {describe_failure(error)} germane doctor tells more.")
