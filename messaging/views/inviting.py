"""Inviting people to a meeting, and the page on which a guest answers."""

from __future__ import annotations

import datetime as dt
import zoneinfo

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from core.answers import posted, put_errors, say, written_cause
from core.errors import Conflict, NotFound, Refused
from core.requests import Request
from messaging.inviteforms import InviteForm
from messaging.links import read_answer
from messaging.models import Guest
from messaging.services.inviting import answer_invitation, invite, is_over, withdraw_guest
from pipeline.models import Activity
from pipeline.services.nextsteps import zone_of
from pipeline.views.steps import visible_step


def ask(request: Request, pk: int) -> HttpResponse:
    """Ask whom to invite to an activity, and invite them."""
    step = visible_step(request.user, pk)
    if not Activity.objects.changeable_by(request.user).filter(pk=pk).exists():
        raise NotFound(_("There is no such activity."))
    form = InviteForm(step, request.user, posted(request))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        guests = form.guests()
        try:
            invitation = invite(
                activity=pk,
                guests=guests,
                by=request.user,
                title=form.cleaned_data["title"],
                message=form.cleaned_data["message"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            count = len(guests)
            text = ngettext("%d guest is invited.", "%d guests are invited.", count) % count
            say(request, text if count else _("Saved."), undo=written_cause())
            return redirect(invitation.get_absolute_url())
    context = {"form": form, "activity": step}
    return render(request, "messaging/invite.html", context, status=status)


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Invite a guest no longer."""
    guest = withdraw_guest(guest=pk, by=request.user)
    say(request, _("%s is not invited any more.") % guest, undo=written_cause())
    return redirect(guest.invitation.get_absolute_url())


@login_not_required
@never_cache
def answer(request: Request, token: str) -> HttpResponse:
    """Show a guest the meeting, and note the answer when a button is pressed. Who holds the link
    need not be logged in, and reads nothing but what the invitation says."""
    link = read_answer(token)
    guests = Guest.objects.select_related("invitation__activity__assignee", "invitation__organiser")
    guest = guests.filter(pk=link[0], email=link[1]).first() if link is not None else None
    step = guest.invitation.activity if guest is not None else None
    if guest is None or step is None or step.outcome == Activity.Outcome.CANCELLED:
        return render(request, "messaging/invitation_dead.html", status=404)
    status, refusal = 200, ""
    if request.method == "POST":
        try:
            guest = answer_invitation(
                guest=guest.pk, email=guest.email, answer=request.POST.get("answer", "")
            )
        except Refused as refused:
            status, refusal = 422, refused.message
    zone = zone_of(step.assignee)
    context = {
        "guest": guest,
        "invitation": guest.invitation,
        "activity": step,
        "answers": Guest.Answer.choices,
        "refusal": refusal,
        "answered": request.method == "POST" and not refusal,
        "open": step.done_at is None and not is_over(step, timezone.now()),
        "told": {"zone": zone},
        "end": step.due_at + dt.timedelta(minutes=step.duration) if step.duration else None,
        "day": step.due_at.astimezone(zone).date() if step.all_day else None,
        "start": step.due_at,
    }
    with timezone.override(zoneinfo.ZoneInfo(str(zone))):
        return render(request, "messaging/invitation.html", context, status=status)
