"""One's own settings: name, language, time zone, appearance, password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from core.answers import next_address, posted, put_errors, say
from core.errors import Refused
from core.panels import panels_of
from core.requests import Request
from crm.forms import PasswordChangeForm, ProfileForm
from crm.models import User
from crm.services.preferences import set_preference
from crm.services.users import set_password, update_user

THEMES = ("auto", "light", "dark")


def _now(user: User) -> dict[str, Any]:
    values = {name: getattr(user, name) for name in ("name", "language", "time_zone", "theme")}
    return values | {"keys": user.preferences.get("keys") != "off"}


def _page(
    request: Request, form: ProfileForm, password_form: PasswordChangeForm, status: int
) -> HttpResponse:
    """The page, with what floors above keep of a person."""
    context = {
        "form": form,
        "password_form": password_form,
        "panels": panels_of("profile", request.user),
    }
    return render(request, "crm/profile.html", context, status=status)


def profile(request: Request) -> HttpResponse:
    """Show and change one's own settings."""
    user = request.user
    form = ProfileForm(posted(request), initial=_now(user))
    status = 200
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        keys = values.pop("keys")
        try:
            update_user(user=user.pk, values=values, by=user)
            set_preference(user=user, name="keys", value=None if keys else "off")
        except Refused as refused:
            status = put_errors(form, refused)
        else:
            with translation.override(form.cleaned_data["language"]):
                say(request, _("Saved."))
            return redirect("profile")
    elif form.errors:
        status = 422
    return _page(request, form, PasswordChangeForm(user), status)


@require_POST
@sensitive_post_parameters()
def change_password(request: Request) -> HttpResponse:
    """Replace one's password; this session goes on, others end."""
    form = PasswordChangeForm(request.user, request.POST)
    if not form.is_valid():
        return _page(request, ProfileForm(initial=_now(request.user)), form, 422)
    user = set_password(
        user=request.user.pk, password=form.cleaned_data["new_password1"], by=request.user
    )
    update_session_auth_hash(request, user)
    say(request, _("Your password is changed."))
    return redirect("profile")


@login_not_required
@require_POST
def preferences(request: Request) -> HttpResponse:
    """Switch language or appearance: on the account, or before one is let in in this browser."""
    wanted = {
        "language": (request.POST.get("language"), dict(settings.LANGUAGES)),
        "theme": (request.POST.get("theme"), THEMES),
    }
    values = {name: value for name, (value, known) in wanted.items() if value in known}
    answer = redirect(next_address(request, "/"))
    if request.user.is_authenticated:
        if values:
            update_user(user=request.user.pk, values=values, by=request.user)
        return answer
    for name, value in values.items():
        assert value is not None  # noqa: S101 (only known values are kept)
        cookie = settings.LANGUAGE_COOKIE_NAME if name == "language" else name
        answer.set_cookie(
            cookie,
            value,
            max_age=365 * 24 * 3600,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )
    return answer
