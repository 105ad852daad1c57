"""Forms for which an account whose address nobody has confirmed does not exist.

Else somebody could open an account with another's address, wait until its owner confirms it (by a code for signing in,
or for a new password), and share it from then on: by the password that they chose, or by their ORCID.
Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022, https://arxiv.org/abs/2205.10174
"""

from typing import Any

from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm, SignupForm
from allauth.account.models import EmailAddress
from allauth.socialaccount.forms import SignupForm as ProviderSignupForm
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from germane.web.readers.deleting import delete_reader
from germane.web.readers.models import Reader


class _OverUnconfirmed:
    """Signing up with an address that somebody gave and nobody confirmed begins anew."""

    account_already_exists: bool
    cleaned_data: dict[str, Any]

    def try_save(self, request: HttpRequest) -> Any:
        """Make the account, in place of one that was never confirmed."""
        if self.account_already_exists and forget_unconfirmed(self.cleaned_data["email"]):
            self.account_already_exists = False
        return super().try_save(request)  # type: ignore[misc]


class SignUpForm(_OverUnconfirmed, SignupForm):
    """E-mail address and password, or the address alone for a passkey."""


class ProviderSignUpForm(_OverUnconfirmed, ProviderSignupForm):
    """The address, after signing in by way of somebody else."""


class CodeForm(RequestLoginCodeForm):
    """Ask for a code to sign in with."""

    _user: Reader | None

    def clean_email(self) -> str:
        """Return the address, and note whose it is."""
        email = str(super().clean_email())
        if self._user and not is_confirmed(self._user, email):
            self._user = None
        return email


class ResetForm(ResetPasswordForm):
    """Ask for a new password."""

    users: list[Reader]

    def clean_email(self) -> str:
        """Return the address, and note whose it is."""
        email = str(super().clean_email())
        self.users = [reader for reader in self.users if is_confirmed(reader, email)]
        return email


def is_confirmed(reader: Reader, email: str) -> bool:
    """Tell whether a reader has shown that an address is theirs."""
    return bool(EmailAddress.objects.filter(user=reader, email__iexact=email, verified=True).exists())


def forget_unconfirmed(email: str) -> bool:
    """Delete the account of an address if no address of it was ever confirmed, and tell whether there was one."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    found = Reader.objects.filter(~Exists(confirmed), email__iexact=email, is_staff=False, is_active=True)
    reader = found.first()  # an address has one account
    if reader is not None:
        delete_reader(reader)
    return reader is not None
