"""The history of the whole house: causes, what each did, and Undo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.answers import go_to, next_address, say, with_toast
from core.errors import NotAllowed, NotFound
from core.ledger.report import UndoReport
from core.ledger.tables import Cause, Change, Kind
from core.ledger.words import tell_conflicts
from core.models import UndoOrder
from core.numbers import key_in
from core.requests import Request
from core.services.undoing import gave_power, undo_cause, undoable_by
from core.services.undoorders import is_large, order_undo
from core.telling import ICONS, entries, undone_among, what_of, who_did

PAGE = 40
#: So many values that an undo left alone are listed.
MOST_LISTED = 500


def causes(request: Request) -> HttpResponse:
    """All causes, newest first; for managers."""
    if not request.user.is_manager:
        raise NotAllowed(_("The history of everything is for managers."))
    kind = request.GET.get("kind", "")
    found = Cause.objects.select_related("actor", "parent").order_by("-started_at", "-id")
    if kind in Kind.values:
        found = found.filter(kind=kind)
    before = _moment(request.GET.get("before", ""))
    if before is not None:
        found = found.filter(started_at__lt=before)
    page = list(found[: PAGE + 1])
    more = page[PAGE - 1].started_at if len(page) > PAGE else None
    context = {
        "rows": _rows(page[:PAGE], request.user),
        "more": more.isoformat() if more else "",
        "kind": kind,
        "kinds": Kind.choices,
    }
    name = "core/causes.html" + ("#rows" if request.htmx and before else "")
    return render(request, name, context)


def _moment(text: str) -> dt.datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _rows(found: Sequence[Cause], user: Any) -> list[dict[str, Any]]:
    ids = [cause.pk for cause in found]
    powers = set() if user.is_admin else gave_power(ids)
    counts: dict[UUID, int] = dict(
        Change.objects.filter(cause__in=ids)
        .order_by()
        .values_list("cause")
        .annotate(count=Count("id"))
    )
    undone, what = undone_among(ids), what_of(ids)
    return [
        {
            "cause": cause,
            "who": who_did(cause),
            "what": cause.label or what.get(cause.pk, ""),
            "icon": ICONS.get(Kind(cause.kind), "history"),
            "count": counts.get(cause.pk, 0),
            "undone": cause.pk in undone,
            "can_undo": cause.pk not in undone and cause.pk not in powers,
        }
        for cause in found
    ]


def visible_cause(user: Any, pk: UUID) -> Cause:
    """A cause for who did it, who may undo it, and managers."""
    cause = Cause.objects.select_related("actor", "parent__actor").filter(pk=pk).first()
    if cause is None:
        raise NotFound(_("There is no such cause."))
    if not (user.is_manager or cause.actor_id == user.pk or undoable_by(cause, user)):
        raise NotFound(_("There is no such cause."))
    return cause


def cause(request: Request, pk: UUID) -> HttpResponse:
    """Why something happened: who or what, when, because of what, and all that it changed."""
    found = visible_cause(request.user, pk)
    changes = Change.objects.filter(cause=found).select_related("cause__actor").order_by("id")
    after = key_in(request.GET, "after")
    if after is not None:
        changes = changes.filter(pk__gt=after)
    page = list(changes[: PAGE + 1])
    context = {
        "cause": found,
        "who": who_did(found),
        "icon": ICONS.get(Kind(found.kind), "history"),
        "entries": entries(page[:PAGE], request.user),
        "more": page[PAGE - 1].pk if len(page) > PAGE else None,
    }
    if request.htmx and after is not None:
        return render(request, "core/cause.html#changes", context)
    undone = undone_among([pk])
    context |= {
        "count": Change.objects.filter(cause=found).count(),
        "undone_by": found.undone_by.select_related("cause__actor"),
        "undid": found.undoes.select_related("undone__actor"),
        "children": found.children.select_related("actor").order_by("started_at")[:20],
        "undone": bool(undone),
        "can_undo": not undone and undoable_by(found, request.user),
        **_ordered(pk),
    }
    return render(request, "core/cause.html", context)


def undo(request: Request, pk: UUID) -> HttpResponse:
    """Ask, then undo a cause and tell what was reverted, what was left alone, and what was kept."""
    found = visible_cause(request.user, pk)
    if request.method != "POST":
        context = {
            "cause": found,
            "who": who_did(found),
            "count": Change.objects.filter(cause=found).count(),
            "children": found.children.count(),
            "next": next_address(request, reverse("cause", args=[pk])),
            "in_dialog": bool(request.htmx),
        }
        return render(request, "core/undo.html" + ("#form" if request.htmx else ""), context)
    consequences = "with_consequences" in request.POST
    if is_large(pk):
        order_undo(cause=pk, by=request.user, with_consequences=consequences)
        return go_to(request, reverse("cause", args=[pk]))
    report = undo_cause(cause=pk, by=request.user, with_consequences=consequences)
    text = _said(report)
    if report.conflicts or report.kept:
        # As a page, or for the board's dialog beside a toast.
        context = {**_reported(report), "next": next_address(request, reverse("cause", args=[pk]))}
        name = "core/undo_report.html" + ("#report" if request.htmx else "")
        response = render(request, name, context)
        return with_toast(response, text, undo=report.cause) if request.htmx else response
    if request.htmx:
        return with_toast(HttpResponse(), text, undo=report.cause)
    say(request, text, undo=report.cause)
    return redirect(next_address(request, reverse("cause", args=[pk])))


def undoing(request: Request, pk: UUID) -> HttpResponse:
    """How far a large undo is, for the page of its cause."""
    context = {"cause": visible_cause(request.user, pk), **_ordered(pk)}
    return render(request, "core/cause.html#order", context)


def _ordered(pk: UUID) -> dict[str, Any]:
    """The last large undo that was ordered of a cause, and what it did."""
    order = UndoOrder.objects.filter(cause=pk).order_by("-pk").first()
    if order is None or order.report is None:
        return {"order": order}
    return {"order": order, **_reported(UndoReport.from_json(order.report))}


def _reported(report: UndoReport) -> dict[str, Any]:
    """What an undo did, in a sentence, and what it left alone, line by line."""
    conflicts, kept = report.conflicts[:MOST_LISTED], report.kept[:MOST_LISTED]
    return {
        "text": _said(report),
        "undo": report.cause,
        "conflicts": tell_conflicts(conflicts),
        "kept": kept,
        "unlisted": len(report.conflicts) + len(report.kept) - len(conflicts) - len(kept),
    }


def _said(report: UndoReport) -> str:
    """The report in a sentence."""
    text = ngettext("%(n)d change undone.", "%(n)d changes undone.", report.reverted) % {
        "n": report.reverted
    }
    left = len(report.conflicts)
    if left:
        text += " " + ngettext(
            "%(n)d value was changed since and is left alone.",
            "%(n)d values were changed since and are left alone.",
            left,
        ) % {"n": left}
    kept = len(report.kept)
    if kept:
        text += " " + ngettext(
            "%(n)d record was worked on since and stays.",
            "%(n)d records were worked on since and stay.",
            kept,
        ) % {"n": kept}
    return text
