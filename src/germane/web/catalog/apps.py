"""Django's name for the catalog."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The catalog's tables begin with `catalog_`."""

    name = "germane.web.catalog"
    label = "catalog"
