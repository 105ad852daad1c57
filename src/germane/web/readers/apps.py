"""The Django app of the readers' tables."""

from django.apps import AppConfig


class ReadersConfig(AppConfig):
    """Readers, their marks, and what is recommended to them."""

    name = "germane.web.readers"
    label = "readers"
