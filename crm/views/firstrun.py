"""The door for the very first administrator: open until there is a user, then closed for ever."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from core.answers import posted, put_errors, say
from core.errors import Conflict, Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from crm.firstrunforms import FirstAdminForm
from crm.forms import TOO_MANY
from crm.services.firstrun import asks_token, is_fresh, make_first_admin
from crm.throttling import count_attempt, too_many


@login_not_required
@never_cache
@sensitive_post_parameters("token", "password1", "password2")
def welcome(request: HttpRequest) -> HttpResponse:
    """Make the first administrator, let them in, and go on with setting up."""
    if not is_fresh():
        return redirect("start" if request.user.is_authenticated else "login")
    if asks_token() and not settings.SETUP_TOKEN:
        return render(request, "crm/welcome.html", status=403)
    if request.method == "POST" and too_many(request, "setup", ""):
        # Not even whether the token was right is told.
        context = {"form": FirstAdminForm(), "problem": TOO_MANY}
        return render(request, "crm/welcome.html", context, status=429)
    form = FirstAdminForm(posted(request))
    if not form.is_valid():
        if "token" in form.errors:
            count_attempt(request, "setup", "")
        status = 422 if form.errors else 200
        return render(request, "crm/welcome.html", {"form": form}, status=status)
    values = form.cleaned_data
    try:
        with because(Kind.SYSTEM, label=_("First administrator")):
            user = make_first_admin(
                email=values["email"],
                name=values["name"],
                password=values["password1"],
                language=get_language() or settings.LANGUAGE_CODE,
            )
    except Conflict as faster:
        say(request, faster.message)
        return redirect("login")
    except Refused as refused:
        status = put_errors(form, refused)
        return render(request, "crm/welcome.html", {"form": form}, status=status)
    login(request, user, backend="crm.authentication.EmailBackend")
    return redirect("setup")
