"""How one wants to be told: the page of it, and the link in a mail that ends such mails."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from core.answers import posted, put_errors, say
from core.errors import Refused
from core.requests import Request
from messaging.channels import Channel, Kind
from messaging.links import read_stop
from messaging.services.wishes import set_wishes, stop_mails
from messaging.wishforms import WishForm, table_of, told_in


def wishes(request: Request) -> HttpResponse:
    """Show and change what one is told, and how."""
    form = WishForm.of(request.user, posted(request))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            set_wishes(user=request.user, told=told_in(request.POST), **form.cleaned_data)
        except Refused as refused:
            status = put_errors(form, refused)
        else:
            say(request, _("Saved."))
            return redirect("notification-settings")
    context = {"form": form, "lines": table_of(request.user), "ways": Channel.labels}
    return render(request, "messaging/wishes.html", context, status=status)


@csrf_exempt  # a mailbox posts here by itself (RFC 8058); the signed link is all it needs
@login_not_required
@never_cache
def stop(request: Request, token: str) -> HttpResponse:
    """End the mails of a kind: asked on a page, done by its button or by the mailbox itself."""
    found = read_stop(token)
    if found is None:
        return render(request, "messaging/link_dead.html", status=404)
    user, what = found
    with translation.override(user.language):
        label = _("The morning mail") if what == "digest" else str(Kind(what).label)
        context = {"label": label, "done": request.method == "POST"}
        if request.method == "POST":
            stop_mails(user=user, what=what)
        return render(request, "messaging/stop.html", context)
