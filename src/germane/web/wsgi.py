"""The WSGI application: the page cache, and Django behind it.

Templates are compiled, addresses and word vectors loaded before the first reader comes.
"""

import os

from django.core.wsgi import get_wsgi_application

from germane.web.pages.cache import PageCache

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "germane.web.settings")


def _start() -> PageCache:
    made = get_wsgi_application()
    from django.conf import settings
    from django.urls import get_resolver

    from germane.web import wiring
    from germane.web.catalog.version import CatalogVersion
    from germane.web.pages.environment import compile_templates
    from germane.web.pages.views import make_counter

    wiring.embedder()  # which also says at once when the setting names one that cannot be had
    get_resolver().url_patterns  # noqa: B018 – reading it imports every view
    compile_templates()
    return PageCache(
        made,
        settings.ENVIRONMENT.page_cache_mb * 1_000_000,
        CatalogVersion().read,
        count_view=make_counter().count,
    )


application = _start()
