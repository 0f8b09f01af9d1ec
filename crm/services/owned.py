"""What companies and contacts have in common: they are owned, archived, and carry custom fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, Refused
from core.ledger.writing import save_locked
from crm.customvalues import merged
from crm.models import Company, Contact
from crm.services.points import MAIN_COLUMNS, POINT_SETS, Written, keep_beside, set_points
from crm.services.rights import locked_for_change, require_active, require_version
from crm.services.tagging import put_tags, replace_tags
from crm.services.values import checked

if TYPE_CHECKING:
    from crm.models import User

Owned = TypeVar("Owned", Company, Contact)


def create[Owned: (Company, Contact)](
    model: type[Owned],
    drafts: Sequence[Mapping[str, Any]],
    by: User | None,
    allowed: Collection[str],
) -> list[Owned]:
    """Insert records of `model`; without "owner" they belong to `by`."""
    require_active(by)
    drafts, further, tags = zip(*map(_apart, drafts), strict=True) if drafts else ((), (), ())
    rows = checked(model, drafts, by=by, allowed=allowed, required=("name",))
    records = []
    for draft, row in zip(drafts, rows, strict=True):
        if by is not None and "owner" not in draft:
            row["owner_id"] = by.pk
        if "custom" in row:
            row["custom"] = merged({}, row["custom"])
        record = model(**row)
        _date_consent(record, row, Contact.Consent.UNKNOWN)
        records.append(record)
    try:
        with transaction.atomic():
            made: list[Owned] = model._default_manager.bulk_create(records)
            for record, points in zip(made, further, strict=True):
                for kind, written in points.items():
                    set_points(holder=record, kind=kind, written=written, by=by)
            put_tags(
                model, {record.pk: some for record, some in zip(made, tags, strict=True) if some}
            )
            return made
    except IntegrityError:
        raise Conflict(_("A record with this external id exists already.")) from None


@transaction.atomic
def update[Owned: (Company, Contact)](
    model: type[Owned],
    ids: Sequence[int],
    values: Mapping[str, Any],
    by: User | None,
    allowed: Collection[str],
    *,
    expected_version: int | None = None,
) -> list[Owned]:
    """Set the same values on records of `model`, those under lock that differ."""
    records = locked_for_change(model, ids, by)
    values, points, tags = _apart(values)
    clean = checked(model, [values], by=by, allowed=allowed)[0]
    if "name" in clean and not clean["name"]:
        raise Refused(_("A name is needed."), {"name": [_("This field is required.")]})
    custom = clean.pop("custom", None)
    for record in records:
        require_version(record, expected_version)
        before = getattr(record, "consent", None)
        for attname, value in clean.items():
            setattr(record, attname, value)
        if custom is not None:
            record.custom = merged(record.custom or {}, custom)
        _date_consent(record, clean, before)
        if isinstance(record, Company) and clean.get("parent_id"):
            _refuse_circle(record)
    save_locked(records)
    if MAIN_COLUMNS & clean.keys():
        # What became a main address stands beside it no longer.
        keep_beside(records, {})
    for kind, written in points.items():
        for record in records:
            set_points(holder=record, kind=kind, written=written, by=by)
    if tags is not None:
        replace_tags(records, tags)
    return records


@transaction.atomic
def archive[Owned: (Company, Contact)](
    model: type[Owned], ids: Sequence[int], by: User | None, *, archived: bool
) -> list[Owned]:
    """Archive records, or take them back; those that are already so stay untouched."""
    records = locked_for_change(model, ids, by)
    now = timezone.now()
    for record in records:
        if archived != bool(record.archived_at):
            record.archived_at = now if archived else None
    save_locked(records)
    return records


@transaction.atomic
def delete[Owned: (Company, Contact)](
    model: type[Owned], ids: Sequence[int], by: User | None
) -> int:
    """Delete records with what hangs on them; returns how many of `model`."""
    records = locked_for_change(model, ids, by)
    model._default_manager.filter(pk__in=[record.pk for record in records]).delete()
    return len(records)


def _apart(
    values: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, list[Written]], list[int] | None]:
    """Values of columns; apart from them the whole sets of further addresses and numbers, and that
    of the tags, None where it is to stay."""
    rest = dict(values)
    found = {
        kind: [Written(point["value"], point.get("label", "")) for point in rest.pop(name) or ()]
        for kind, name in POINT_SETS.items()
        if name in rest
    }
    tags = rest.pop("tags", None)
    return rest, found, None if tags is None else [getattr(tag, "pk", tag) for tag in tags]


def _date_consent(record: Company | Contact, values: Mapping[str, Any], before: str | None) -> None:
    """Date a consent that is given or withdrawn now; "not asked" has no date."""
    if isinstance(record, Contact) and record.consent != before and "consent_at" not in values:
        asked = record.consent != Contact.Consent.UNKNOWN
        record.consent_at = timezone.now() if asked else None


def _refuse_circle(company: Company) -> None:
    """A company is not above itself, however far up."""
    above, seen = company.parent_id, {company.pk}
    while above is not None:
        if above in seen:
            message = _("A company cannot stand above itself.")
            raise Refused(message, {"parent": [message]})
        seen.add(above)
        above = Company.objects.filter(pk=above).values_list("parent_id", flat=True).first()
