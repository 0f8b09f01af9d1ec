"""Letting people in: login, a forgotten password, an invitation."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import login, views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from core.answers import posted, put_errors, say
from core.errors import Refused
from crm.forms import LoginForm, PasswordResetForm, SetPasswordForm
from crm.invitations import invited_user
from crm.services.firstrun import is_fresh
from crm.services.users import accept_invitation, request_password_reset
from crm.throttling import count_attempt, too_many


class Unprocessable:
    """A form that is shown again answers 422."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form), status=422)  # type: ignore[attr-defined,no-any-return]


class LoginView(Unprocessable, views.LoginView):
    """Let a person in; who is in already goes to the start page."""

    template_name = "crm/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Where nobody is yet, whoever comes is the first."""
        return redirect("welcome") if is_fresh() else super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say why one is here: a session that ended, or a page that needs a login."""
        return super().get_context_data(**kwargs) | {"ended": "ended" in self.request.GET}


class LogoutView(views.LogoutView):
    """Let a person out, and say so."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session."""
        answer = super().post(request, *args, **kwargs)
        say(request, _("You are logged out."))
        return answer


@login_not_required
def password_reset(request: HttpRequest) -> HttpResponse:
    """Send a link to whoever has the account of an address; nobody is told whether there is one."""
    form = PasswordResetForm(posted(request))
    if not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "crm/password_reset.html", {"form": form}, status=status)
    address = form.cleaned_data["email"]
    if not too_many(request, "reset", address):
        count_attempt(request, "reset", address)
        request_password_reset(email=address)
    return redirect("password-reset-sent")


class PasswordResetSentView(views.PasswordResetDoneView):
    """Say that a mail is on its way."""

    template_name = "crm/password_reset_sent.html"


class PasswordResetConfirmView(Unprocessable, views.PasswordResetConfirmView):
    """Take the new password from whoever holds the link."""

    template_name = "crm/password_set.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it, and say so on the login page."""
        answer = super().form_valid(form)
        say(self.request, _("Your new password is set. You can log in with it."))
        return answer


@login_not_required
@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
def accept(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """An invited person sets their password and is in."""
    user = invited_user(uid, token)
    if user is None:
        return render(request, "crm/link_dead.html", status=404)
    form = SetPasswordForm(user, posted(request))
    context = {"form": form, "invited": user, "validlink": True}
    if not form.is_valid():
        return render(request, "crm/password_set.html", context, status=422 if form.errors else 200)
    try:
        user = accept_invitation(uid=uid, token=token, password=form.cleaned_data["new_password1"])
    except Refused as refused:
        return render(request, "crm/password_set.html", context, status=put_errors(form, refused))
    login(request, user, backend="crm.authentication.EmailBackend")
    say(request, _("Welcome, %s.") % user.get_short_name())
    return redirect("start")
