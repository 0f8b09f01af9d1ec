"""What the very first administrator is asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import forms as auth_forms
from django.utils.translation import gettext_lazy as _

from core.forms import style
from crm.models import User
from crm.services.firstrun import asks_token, is_token


class FirstAdminForm(auth_forms.SetPasswordMixin[User], forms.Form):
    """Who it is, a password twice, and the token of the server where one is asked."""

    token = forms.CharField(
        label=_("Setup token"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("SETUP_TOKEN in the settings of the server: the file .env."),
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password1, password2 = auth_forms.SetPasswordMixin.create_password_fields(
        _("Password"), _("Password, once more")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not asks_token():
            del self.fields["token"]
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True
        for each in self.fields.values():
            style(each)

    def clean_token(self) -> str:
        """The token, if it is the one."""
        given: str = self.cleaned_data["token"]
        if not is_token(given):
            raise forms.ValidationError(_("This is not the token of this server."), code="token")
        return given

    def clean(self) -> dict[str, Any]:
        """The passwords are the same, and good enough for this person."""
        found = super().clean() or self.cleaned_data
        self.validate_passwords("password1", "password2")
        given = {name: found.get(name, "") for name in ("name", "email")}
        self.validate_password_for_user(User(**given), "password2")
        return found
