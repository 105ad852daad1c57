"""Django's settings, made from `germane.web.env`."""

import sys
from pathlib import Path

from germane.web.env import SettingError, database_settings, read_environment

try:
    ENVIRONMENT = read_environment()
except SettingError as error:
    sys.exit(f"germane: {error}")

SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": database_settings(ENVIRONMENT.database_url)}
INSTALLED_APPS = ["germane.web.catalog"]
# No sessions, users or CSRF here: public pages are the same bytes for everybody.
MIDDLEWARE = [
    "germane.web.pages.security.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = "germane.web.urls"
WSGI_APPLICATION = "germane.web.wsgi.application"
APPEND_SLASH = False
_PAGES = Path(__file__).parent / "pages"
STATIC_URL = "/static/"
STATIC_ROOT = _PAGES / "static"  # served as it lies in the package: nothing to collect
WHITENOISE_MAX_AGE = 31_536_000  # addresses of static files carry a digest of their content
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [_PAGES / "templates"],
        "OPTIONS": {"environment": "germane.web.pages.environment.make_environment", "autoescape": True},
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
LOGGING_CONFIG = None
