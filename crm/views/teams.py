"""The page of a team: who is in it, how much each carries, what each takes; for managers and the
leader of the team."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.answers import go_to, posted, put_errors, say, written_cause
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.numbers import key_in
from core.requests import Request
from crm.models import Membership, Team
from crm.services import teams
from crm.teamforms import JoinForm, MemberForm
from crm.teampage import CONDITIONS, read_members


def mine(request: Request) -> HttpResponse:
    """The first team that the person looks after."""
    team = Team.objects.managed_by(request.user).in_order().first()
    if team is not None:
        return go_to(request, _address(team.pk))
    if request.user.is_manager:
        return go_to(request, reverse("setting", args=["teams"]))
    return render(request, "crm/team.html", {"team": None})


def team(request: Request, pk: int) -> HttpResponse:
    """A team with its members."""
    found = _team(request, pk)
    members = read_members(request.user, found)
    context = {
        "team": found,
        "members": members,
        "others": _others(request, found),
        "counted": ngettext("%(n)s member", "%(n)s members", len(members)) % {"n": len(members)},
        "single": settings.SINGLE_TEAM,
    }
    return render(request, "crm/team.html", context)


def _others(request: Request, found: Team) -> list[Team]:
    """The other teams that a leader may go to; a manager has the list of the settings."""
    if request.user.is_manager:
        return []
    return list(Team.objects.led_by(request.user).exclude(pk=found.pk))


def join(request: Request, pk: int) -> HttpResponse:
    """Ask who joins a team; put them into it."""
    found = _team(request, pk)
    if not request.user.is_manager:
        raise NotAllowed(_("Who is in a team is decided by managers."))
    form = JoinForm(posted(request), team=found)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            teams.add_members(team=pk, users=form.chosen(), by=request.user)
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            count = len(form.chosen())
            words = ngettext("%(n)s person joined.", "%(n)s people joined.", count) % {"n": count}
            say(request, words, undo=written_cause())
            return go_to(request, _address(pk))
    context = {
        "form": form,
        "team": found,
        "heading": _("Add people to %s") % found,
        "action": reverse("team-join", args=[pk]),
        "deed": _("Add"),
        "hint": _("Who joins is no longer active in another team.") if settings.SINGLE_TEAM else "",
    }
    return _form(request, context, status)


def member(request: Request, pk: int) -> HttpResponse:
    """Ask how somebody is in a team; change it."""
    found = _member(request, pk)
    form = MemberForm(posted(request), member=_member(request, pk), by=request.user)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            teams.put_member(
                team=found.team_id,
                user=found.user_id,
                by=request.user,
                values=form.values(),
                expected_version=form.cleaned_data["version"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            say(request, _("“%s” is saved.") % found.user, undo=written_cause())
            return go_to(request, _address(found.team_id))
    context = {
        "form": form,
        "team": found.team,
        "heading": str(found),
        "action": reverse("member", args=[pk]),
        "deed": _("Save"),
    }
    return _form(request, context, status)


@require_POST
def leave(request: Request, pk: int) -> HttpResponse:
    """Take somebody out of a team."""
    found = _member(request, pk)
    teams.remove_member(team=found.team_id, user=found.user_id, by=request.user)
    words = _("%(user)s is no longer in %(team)s.") % {"user": found.user, "team": found.team}
    say(request, words, undo=written_cause())
    return go_to(request, _address(found.team_id))


def condition_heading(name: str) -> Any:
    """The heading of the form of a member's condition."""

    def heading(request: Request, kept: QueryDict) -> str:
        found = _member(request, key_in(kept, "member") or 0)
        return f"{found.user} · {CONDITIONS[name]}"

    return heading


def condition_keeper(name: str) -> Any:
    """What keeps the condition that was built for a member."""

    def keep(request: Request, kept: QueryDict, tree: dict[str, Any] | None) -> HttpResponse:
        found = _member(request, key_in(kept, "member") or 0)
        teams.put_member(
            team=found.team_id, user=found.user_id, by=request.user, values={name: tree}
        )
        say(request, _("“%s” is saved.") % found.user, undo=written_cause())
        return go_to(request, _address(found.team_id))

    return keep


def _team(request: Request, pk: int) -> Team:
    """A team that the person may look after."""
    found: Team | None = Team.objects.select_related("leader").filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such team."))
    if not request.user.is_manager and found.leader_id != request.user.pk:
        raise NotAllowed(_("Only managers and the leader of the team see this page."))
    return found


def _member(request: Request, pk: int) -> Membership:
    """A member of such a team."""
    found: Membership | None = (
        Membership.objects.select_related("user", "team").filter(pk=pk).first()
    )
    if found is None:
        raise NotFound(_("This person is not in the team."))
    _team(request, found.team_id)
    return found


def _address(pk: int) -> str:
    return reverse("team", args=[pk])


def _form(request: Request, context: dict[str, Any], status: int) -> HttpResponse:
    context = {"in_dialog": bool(request.htmx), "here": _address(context["team"].pk), **context}
    name = "crm/team_form.html" + ("#form" if request.htmx else "")
    return render(request, name, context, status=status)
