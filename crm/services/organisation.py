"""Setting what holds for our organisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from core.ledger.writing import lock, save_locked
from crm import organisation
from crm.models import Organisation
from crm.services.rights import require_manager, require_version
from crm.services.values import checked

if TYPE_CHECKING:
    from crm.models import User

FIELDS = frozenset(organisation.FIELDS)
REQUIRED = ("currency", "language", "time_zone", "fiscal_month")


@transaction.atomic
def set_organisation(
    *, values: Mapping[str, Any], by: User | None, expected_version: int | None = None
) -> Organisation:
    """Set some or all of it; what is not said stays, at first what the environment says.

    The row is made by whoever sets something first; of two at once one makes it, and the other
    finds it. `expected_version` is 0 where there was none. Raises Refused, NotAllowed, Conflict.
    """
    require_manager(by)
    required = [name for name in REQUIRED if name in values]
    given = {**values}
    if isinstance(given.get("currency"), str):
        given["currency"] = given["currency"].strip().upper()
    clean = checked(Organisation, [given], by=by, allowed=FIELDS, required=required)[0]
    record = _found()
    if record is None:
        record = _made(clean)
        if record is not None:
            organisation.forget()
            return record
        record = _found()
        assert record is not None  # noqa: S101
    require_version(record, expected_version)
    for attname, value in clean.items():
        setattr(record, attname, value)
    save_locked([record])
    organisation.forget()
    return record


def _found() -> Organisation | None:
    found: list[Organisation] = lock(Organisation.objects.filter(pk=Organisation.ONLY))
    return found[0] if found else None


def _made(values: Mapping[str, Any]) -> Organisation | None:
    """The row, made now; None when somebody else has just made it."""
    record = Organisation(**{**asdict(organisation.usual()), **values})
    try:
        with transaction.atomic():
            record.save()
    except IntegrityError:
        return None
    return record
