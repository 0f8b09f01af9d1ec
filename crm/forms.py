"""Forms about one's own account."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.forms import Styled
from crm.models import User
from crm.services.users import set_password
from crm.throttling import count_attempt, forget_attempts, too_many

TOO_MANY = _("Too many attempts. Try again in a quarter of an hour.")


class LoginForm(Styled, auth_forms.AuthenticationForm):
    """E-mail address and password; attempts are counted."""

    username = forms.EmailField(
        label=_("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    error_messages = {
        "invalid_login": _("This e-mail address and password do not belong together."),
        "inactive": _("This account is not active."),
    }

    def clean(self) -> dict[str, Any]:
        """Check the credentials, unless too many were wrong before."""
        address = self.cleaned_data.get("username") or ""
        request = self.request
        if request is None:
            return super().clean()
        if too_many(request, "login", address):
            raise ValidationError(TOO_MANY, code="too_many")
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            count_attempt(request, "login", address)
            raise
        if self.user_cache is not None:
            forget_attempts(request, "login", address)
        return cleaned


class PasswordResetForm(Styled):
    """Asks for the address that the link goes to."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class SetPasswordForm(Styled, auth_forms.SetPasswordForm):  # type: ignore[type-arg]
    """A new password, twice."""

    def save(self, commit: bool = True) -> User:
        """Keep the password."""
        return set_password(
            user=self.user.pk, password=self.cleaned_data["new_password1"], by=self.user
        )


class PasswordChangeForm(Styled, auth_forms.PasswordChangeForm):
    """The old password and a new one, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # It stands below other settings: the page opens at its head, not here.
        self.fields["old_password"].widget.attrs.pop("autofocus", None)


class ProfileForm(Styled):
    """What a person sets for themselves."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name) for name in sorted(zoneinfo.available_timezones())],
    )
    theme = forms.ChoiceField(
        label=_("Appearance"), choices=User._meta.get_field("theme").choices or []
    )
    keys = forms.BooleanField(
        label=_("Single-letter keys"),
        required=False,
        help_text=_(
            "“c” makes a lead, “g b” opens the board, “?” lists them all. Turn them off if you "
            "dictate, or type by accident."
        ),
    )
