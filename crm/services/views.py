"""Saved views: kept, changed, deleted; and which one opens first for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.ledger.writing import save_locked
from crm.models import SavedView, Team
from crm.services.preferences import set_preference
from crm.services.rights import locked_for_change, require_active, require_version

if TYPE_CHECKING:
    from crm.models import User

#: The longest query of an address that is kept.
LONGEST = 10_000
FIELDS = ("name", "query", "team", "is_public")


def save_view(*, place: str, values: Mapping[str, Any], by: User) -> SavedView:
    """Keep a view of a list or board (`place`) under a name: `values` are name, query, team (one,
    its id, or None) and is_public."""
    require_active(by)
    view = SavedView(owner=by, place=place)
    _set(view, values, by)
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise _taken(view.name) from error
    return view


@transaction.atomic
def update_view(
    *, view: int, values: Mapping[str, Any], by: User, expected_version: int | None = None
) -> SavedView:
    """Rename a view, share it otherwise, or keep another query under its name."""
    found = _locked(view, by)
    require_version(found, expected_version)
    _set(found, values, by)
    try:
        with transaction.atomic():
            save_locked([found])
    except IntegrityError as error:
        raise _taken(found.name) from error
    return found


@transaction.atomic
def delete_view(*, view: int, by: User) -> None:
    """Delete a view; who opened it first sees everything again."""
    SavedView.objects.filter(pk=_locked(view, by).pk).delete()


def set_first_view(*, place: str, view: int | None, by: User) -> None:
    """Have a view open first on its list or board, for this person; None: everything."""
    views = SavedView.objects.visible_to(by).of(place)
    if view is not None and not views.filter(pk=view).exists():
        raise NotFound(_("There is no such view."))
    set_preference(user=by, name=f"view.{place}", value=view)


def _locked(view: int, by: User) -> SavedView:
    """A view under lock; what is somebody's alone is hidden from managers too."""
    if not SavedView.objects.visible_to(by).filter(pk=view).exists():
        raise NotFound(_("There is no such view."))
    return locked_for_change(SavedView, [view], by)[0]


def _set(view: SavedView, values: Mapping[str, Any], by: User) -> None:
    for name in FIELDS:
        if name in values and (name != "team" or values[name] is None):
            setattr(view, name, values[name])
    view.name = view.name.strip()
    if not view.name:
        message = _("A name is needed.")
        raise Refused(message, {"name": [message]})
    if len(view.query) > LONGEST:
        raise Refused(_("This filter is too long to be kept."))
    if values.get("team") is None:
        return
    asked = _team(values["team"])
    view.team = asked
    if by.is_manager:
        return
    if not Team.objects.of(by).filter(pk=asked.pk).exists():
        message = _("You share with the teams that you are in.")
        raise Refused(message, {"team": [message]})


def _team(given: Team | int) -> Team:
    found = given if isinstance(given, Team) else Team.objects.filter(pk=given).first()
    if found is None:
        message = _("There is no such record.")
        raise Refused(message, {"team": [message]})
    return found


def _taken(name: str) -> Refused:
    message = _("You have a view named “%s” here already.") % name
    return Refused(message, {"name": [message]})
