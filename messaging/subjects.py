"""The records on which something can be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core.errors import NotFound
from core.ledger.writing import lock
from crm.models import Company, Contact
from pipeline.models import Lead

if TYPE_CHECKING:
    from crm.models import User

SUBJECTS: dict[str, Any] = {"lead": Lead, "contact": Contact, "company": Company}


def in_sight(kind: str, user: User | None) -> Any:
    """The records of a kind that a person sees; None is the system, which sees all."""
    model = SUBJECTS.get(kind)
    if model is None:
        raise NotFound(_("There is no such record."))
    if user is None:
        return model.objects.all()
    if model is Lead:
        return Lead.objects.visible_to(user, singly=True)
    return model.objects.visible_to(user)


def find_subject(kind: str, pk: int, user: User) -> Any:
    """A record in sight; NotFound otherwise."""
    found = in_sight(kind, user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such record."))
    return found


def hold_subject(kind: str, pk: int, user: User | None) -> Any:
    """A record in sight, under lock, so that nobody deletes it meanwhile."""
    found = lock(in_sight(kind, user).filter(pk=pk))
    if not found:
        raise NotFound(_("There is no such record."))
    return found[0]
