"""What is ours in how django-allauth signs readers up and in: words, mails, addresses, and what is kept.

The settings that go with it are in `germane.web.settings`; the reason of each choice is in docs/accounts.md.
"""

import ipaddress
import logging
import smtplib
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

from germane.web.readers.models import Reader

logger = logging.getLogger(__name__)

_NOT_SENT = (
    "The mail could not be sent just now. Nothing is lost: wait a minute and ask for it again. If that does not help, "
    "tell the people who run this site."
)
_NOBODY = "0.0.0.0"  # noqa: S104 – what stands for a client without an address, as behind a Unix socket


class AccountAdapter(DefaultAccountAdapter):
    """Accounts: e-mail and password, codes by mail."""

    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is closed.",
        "email_password_mismatch": "This e-mail address and this password do not belong together.",
        "email_taken": "This e-mail address cannot be used here.",
        "enter_current_password": "This is not your password.",
        "incorrect_code": "This is not the code that we sent, or it is no longer good.",
        "incorrect_password": "This is not your password.",
        "rate_limited": "That was asked too often. Wait a minute, then try again.",
        "same_as_current": "This is the address that you have already.",
        "too_many_login_attempts": "There were too many wrong tries. Wait five minutes, then try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return whether accounts can be opened: GERMANE_ACCOUNTS."""
        return bool(settings.ENVIRONMENT.accounts)

    def clean_email(self, email: str) -> str:
        """Return the address. Raises ValidationError for one that no column holds, which would become another's."""
        longest = Reader._meta.get_field("email").max_length
        if longest and len(email) > longest:
            raise ValidationError(f"An e-mail address has at most {longest} characters.")
        return str(super().clean_email(email))

    def is_safe_url(self, url: str) -> bool:
        """Return whether somebody may be sent there after signing in: only to an address of this site, by its path."""
        return url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return who asks, for limits: past the proxies that GERMANE_TRUSTED_PROXIES says are ours, and no further.

        What stands further left in the header was written by whoever asks, and may be anything.
        """
        given = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        n = settings.ENVIRONMENT.trusted_proxies
        found = given[-min(n, len(given))] if n and given else request.META.get("REMOTE_ADDR", "")
        try:
            return str(ipaddress.ip_address(found))
        except ValueError:
            return _NOBODY

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Return a mail made of one plain text, whose first line is the subject."""
        subject, _, body = render_to_string(f"{template_prefix}.txt", context).strip().partition("\n")
        to = [email] if isinstance(email, str) else email
        return EmailMessage(subject.strip(), body.strip() + "\n", settings.DEFAULT_FROM_EMAIL, to, headers=headers)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail. When that fails the account is there all the same, and the page says what to do."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            logger.error("a mail could not be sent", extra={"template": template_prefix, "error": repr(error)})
            if current.request is not None:
                self.add_message(current.request, messages.ERROR, message=_NOT_SENT)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell an address that has an account of it; and take as long as if one had been made.

        Making one with a password hashes that, which takes longer than all the rest.
        """
        if current.request is not None and "password1" in current.request.POST:
            Reader().set_password(current.request.POST["password1"])
        super().send_account_already_exists_mail(email)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Passkeys, codes of an app, recovery codes."""

    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": "You cannot add an e-mail address while a second step protects this account.",
        "cannot_delete_authenticator": "This cannot be turned off.",
        "incorrect_code": "This code or key was not accepted.",
        "unverified_email": "Confirm your e-mail address first.",
    }

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return what an authenticator app shows beside its codes."""
        return str(getattr(user, "email", ""))

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """Return what a new passkey is called until its reader says otherwise: "Passkey 2"."""
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def _get_site_name(self) -> str:
        """Return what passkeys and apps call this site."""
        return str(settings.ENVIRONMENT.site_name)


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Signing in by way of somebody else: ORCID, or what GERMANE_LOGIN_PROVIDERS names."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return whether accounts can be opened."""
        return bool(settings.ENVIRONMENT.accounts)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        """Take the e-mail address, as a proposal; forget at once what else the provider said: we do not need it."""
        sociallogin.account.extra_data = {}
        return super().populate_user(request, sociallogin, {"email": data.get("email")})
