"""The WSGI application. Templates are compiled, addresses and word vectors loaded before the first reader comes."""

import os

from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "germane.web.settings")


def _start() -> WSGIHandler:
    made = get_wsgi_application()
    from django.urls import get_resolver

    from germane.web import wiring
    from germane.web.pages.environment import compile_templates

    wiring.embedder()  # which also says at once when the setting names one that cannot be had
    get_resolver().url_patterns  # noqa: B018 – reading it imports every view
    compile_templates()
    return made


application = _start()
