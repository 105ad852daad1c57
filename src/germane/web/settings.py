"""Django's settings, made from `germane.web.env`."""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from germane.web.env import SettingError, database_settings, mail_settings, read_environment

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
if ENVIRONMENT.database_url.startswith("sqlite:"):  # a file of the readers' own: see `germane.web.readers.router`
    DATABASES["readers"] = database_settings(f"sqlite:///{ENVIRONMENT.home / 'readers.sqlite3'}")
DATABASE_ROUTERS = ["germane.web.readers.router.ReaderRouter"]
INSTALLED_APPS = [
    "germane.web.catalog",
    "germane.web.readers",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    *(["germane.web.readers.orcid"] if ENVIRONMENT.orcid_client_id else []),
    *(f"allauth.socialaccount.providers.{name}" for name in ENVIRONMENT.login_providers),
]
# Public pages are the same bytes for everybody: what is called private here lets them pass untouched.
MIDDLEWARE = [
    "germane.web.pages.security.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "germane.web.readers.private.PrivateAnswers",
    "germane.web.readers.private.PrivateSessions",
    "germane.web.readers.private.PrivateCsrf",
    "germane.web.readers.private.PrivateAuthentication",
    "germane.web.readers.private.PrivateMessages",
    "allauth.account.middleware.AccountMiddleware",
    "germane.web.readers.private.PrivateUserSessions",
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
        "OPTIONS": {
            "environment": "germane.web.pages.environment.make_environment",
            "autoescape": True,
            "context_processors": [  # of private pages alone
                "django.contrib.messages.context_processors.messages",
                "germane.web.readers.accounts_ways.for_templates",
            ],
        },
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
LOGGING_CONFIG = None

# Readers and their accounts; docs/accounts.md gives the reason of each choice.
_IS_HTTPS = ENVIRONMENT.base_url.startswith("https:")
_HOST_ONLY = "__Host-" if _IS_HTTPS else ""  # browsers take such a cookie from this very host alone
AUTH_USER_MODEL = "readers.Reader"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("MinimumLengthValidator", {"min_length": 10}),
        ("CommonPasswordValidator", {}),
        ("UserAttributeSimilarityValidator", {"user_attributes": ["email", "name"]}),
    )
]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/you"
LOGOUT_REDIRECT_URL = "/account/login/"
SESSION_COOKIE_NAME = f"{_HOST_ONLY}germane_session"
SESSION_COOKIE_AGE = ENVIRONMENT.session_days * 86_400
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_HOST_ONLY}germane_csrf"
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.base_url]
CSRF_FAILURE_VIEW = "germane.web.pages.readers.account.forged"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# In the readers' database, so that every process of the server counts together.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "readers_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
_SENDER = ENVIRONMENT.contact if "@" in ENVIRONMENT.contact else f"germane@{urlsplit(ENVIRONMENT.base_url).hostname}"
globals().update(mail_settings(ENVIRONMENT.mail_url, _SENDER))

ALLAUTH_TRUSTED_PROXY_COUNT = ENVIRONMENT.trusted_proxies
ACCOUNT_ADAPTER = "germane.web.readers.accounts.AccountAdapter"
_FORMS = "germane.web.readers.accounts_forms"
ACCOUNT_FORMS = {
    "signup": f"{_FORMS}.SignUpForm",
    "request_login_code": f"{_FORMS}.CodeForm",
    "reset_password": f"{_FORMS}.ResetForm",
}
SOCIALACCOUNT_FORMS = {"signup": f"{_FORMS}.ProviderSignUpForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
# Not ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE: allauth offers that to new addresses alone, which tells them apart.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 900
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _IS_HTTPS else "http"
MFA_ADAPTER = "germane.web.readers.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _IS_HTTPS  # http://localhost; browsers offer no passkeys elsewhere on http
MFA_TOTP_ISSUER = ENVIRONMENT.site_name
MFA_TOTP_TOLERANCE = 1
SOCIALACCOUNT_ADAPTER = "germane.web.readers.accounts.ProviderAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = dict(ENVIRONMENT.login_providers)
if ENVIRONMENT.orcid_client_id:
    _APP = {"client_id": ENVIRONMENT.orcid_client_id, "secret": ENVIRONMENT.orcid_client_secret}
    SOCIALACCOUNT_PROVIDERS["orcid"] = {"APPS": [_APP]}
