"""Further e-mail addresses and telephone numbers: added, changed, removed, made the main one.

The main ones are columns of the record. An address stands once on a record, in a column or beside
it; where the column is empty, the first address goes there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, NotFound, Refused
from core.folding import email_key
from core.ledger.links import count_versions
from core.ledger.writing import lock, save_locked
from crm.dialling import read_number
from crm.models import Company, Contact, ContactPoint
from crm.models.points import key_of
from crm.services.rights import locked_for_change

if TYPE_CHECKING:
    from crm.models import User

type Holder = Contact | Company

EMAIL, PHONE = ContactPoint.Kind.EMAIL, ContactPoint.Kind.PHONE
Label = ContactPoint.Label
#: The columns with the main addresses and numbers, by kind, each with the label that it has.
MAINS: dict[type, dict[str, dict[str, str]]] = {
    Contact: {EMAIL: {"email": Label.WORK}, PHONE: {"phone": Label.WORK, "mobile": Label.MOBILE}},
    Company: {EMAIL: {}, PHONE: {"phone": Label.WORK}},
}
MAIN_COLUMNS = frozenset(
    column for kinds in MAINS.values() for columns in kinds.values() for column in columns
)
#: What the further ones are called among the values of a record.
POINT_SETS = {EMAIL.value: "emails", PHONE.value: "phones"}
#: So many further addresses, and so many numbers, are kept of one record.
MOST = 20


@dataclass(frozen=True, slots=True)
class Written:
    """An address or a number as somebody wrote it down."""

    value: str
    label: str = ""


def holder_field(model: type[Any]) -> str:
    """The key of a point to a record of `model`."""
    return str(model._meta.model_name)


def columns_of(model: type[Any], kind: str) -> dict[str, str]:
    """The columns with the main values of a kind, with their labels."""
    return MAINS[model][kind]


def checked_value(kind: str, value: str, country: str) -> str:
    """An address or number that can be used, as it is kept; Refused says what is wrong with it."""
    text = " ".join(value.replace("\x00", "").split())
    if not text:
        raise _refusal(_("Write an address.") if kind == EMAIL else _("Write a number."))
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    if kind == EMAIL:
        if not email_key(text) or len(text) > 254:
            raise _refusal(_("“%(value)s” is no e-mail address.") % {"value": shown})
        return text
    number = read_number(text, country) if len(text) <= 40 else ""
    if not number:
        message = _("“%(value)s” is no telephone number. Write it like +33 1 23 45 67 89.")
        raise _refusal(message % {"value": shown})
    return number


def checked_label(kind: str, label: str) -> str:
    """A label that fits the kind; "" becomes the usual one."""
    label = label or Label.WORK
    if label not in Label.values or (kind == EMAIL and label == Label.MOBILE):
        message = _("“%(label)s” is no label for this.") % {"label": str(label)[:20]}
        raise Refused(message, {"label": [message]})
    return label


def add_point(
    *, holder: Holder, kind: str, value: str, by: User | None, label: str = ""
) -> ContactPoint | None:
    """Write down a further address or number; where there is no main one yet it becomes that
    (None). Raises Refused for what is none, and for what the record has already."""
    with transaction.atomic():
        record, points = _locked(holder, by)
        kept = checked_value(kind, value, country_of(record))
        label = checked_label(kind, label)
        _refuse_twice(record, points, kind, kept)
        column = _empty_column(record, kind, label)
        if column:
            setattr(record, column, kept)
            save_locked([record])
            return None
        if sum(point.kind == kind for point in points) >= MOST:
            raise Refused(_("That is too many: at most %(most)s are kept.") % {"most": MOST})
        made = _make(record, kind, Written(kept, label))
        _count(record)
        return made


def change_point(
    *, holder: Holder, point: int, value: str, label: str, by: User | None
) -> ContactPoint:
    """Correct a further address or number."""
    with transaction.atomic():
        record, points = _locked(holder, by)
        row = _one(points, point)
        kept = checked_value(row.kind, value, country_of(record))
        others = [each for each in points if each.pk != row.pk]
        _refuse_twice(record, others, row.kind, kept)
        row.value, row.label = kept, checked_label(row.kind, label)
        if save_locked([row]):
            _count(record)
    return row


def change_main(*, holder: Holder, column: str, value: str, by: User | None) -> Holder:
    """Correct the main address or number in a column, or take it off: then the first of the others
    takes its place."""
    with transaction.atomic():
        record, points = _locked(holder, by)
        kind = _kind_of(type(record), column)
        if value.strip():
            kept = checked_value(kind, value, country_of(record))
            setattr(record, column, "")
            _refuse_twice(record, points, kind, kept)
            setattr(record, column, kept)
            save_locked([record])
            return record
        setattr(record, column, "")
        label = columns_of(type(record), kind)[column]
        heirs = [point for point in points if point.kind == kind]
        heirs.sort(key=lambda point: point.label != label)
        # A mobile number is nobody's desk, and the other way round.
        if kind == PHONE and isinstance(record, Contact):
            mobile = label == Label.MOBILE
            heirs = [each for each in heirs if (each.label == Label.MOBILE) == mobile]
        if heirs:
            setattr(record, column, heirs[0].value)
            ContactPoint.objects.filter(pk=heirs[0].pk).delete()
        save_locked([record])
    return record


def remove_point(*, holder: Holder, point: int, by: User | None) -> ContactPoint:
    """Take a further address or number off."""
    with transaction.atomic():
        record, points = _locked(holder, by)
        row = _one(points, point)
        ContactPoint.objects.filter(pk=row.pk).delete()
        _count(record)
    return row


def make_main(*, holder: Holder, point: int, by: User | None) -> Holder:
    """Put a further address or number into the column of the main one, whose value takes its
    place beside it."""
    with transaction.atomic():
        record, points = _locked(holder, by)
        row = _one(points, point)
        columns = columns_of(type(record), row.kind)
        if not columns:
            raise Refused(_("A company has no main e-mail address."))
        named = [name for name, label in columns.items() if label == row.label]
        column = named[0] if named else next(iter(columns))
        before = getattr(record, column)
        setattr(record, column, row.value)
        save_locked([record])
        if before:
            row.value = before
            row.label = columns[column] if columns[column] == Label.MOBILE else row.label
            save_locked([row])
        else:
            ContactPoint.objects.filter(pk=row.pk).delete()
    return record


def set_points(
    *, holder: Holder, kind: str, written: Sequence[Written], by: User | None
) -> list[ContactPoint]:
    """Have exactly these further addresses or numbers on a record; those it has keep their rows.
    What stands in a column is no further one."""
    name = POINT_SETS[kind]
    with transaction.atomic():
        record, points = _locked(holder, by)
        country, taken = country_of(record), main_keys(record, kind)
        wanted: dict[str, Written] = {}
        for each in written:
            try:
                value = checked_value(kind, each.value, country)
                label = checked_label(kind, each.label)
            except Refused as refused:
                raise Refused(refused.message, {name: [refused.message]}) from None
            if key_of(kind, value) not in taken:
                wanted.setdefault(key_of(kind, value), Written(value, label))
        if len(wanted) > MOST:
            message = _("That is too many: at most %(most)s are kept.") % {"most": MOST}
            raise Refused(message, {name: [message]})
        present = {point.key: point for point in points if point.kind == kind}
        gone = [point.pk for key, point in present.items() if key not in wanted]
        if gone:
            ContactPoint.objects.filter(pk__in=gone).delete()
        kept = [point for key, point in present.items() if key in wanted]
        for point in kept:
            point.value, point.label = wanted[point.key].value, wanted[point.key].label
        changed = save_locked(kept)
        made = [_make(record, kind, each) for key, each in wanted.items() if key not in present]
        if gone or changed or made:
            _count(record)
    return [*kept, *made]


def keep_beside(
    records: Sequence[Holder], written: Mapping[int, Iterable[tuple[str, Written]]]
) -> int:
    """Keep on locked records of one kind, by their id, what stands neither in their columns nor
    beside them, and let nothing stand in both; how many came. Nothing is refused: these were
    somebody's addresses already. Three statements at most, whatever the number."""
    if not records:
        return 0
    field = holder_field(type(records[0]))
    points: dict[int, list[ContactPoint]] = {record.pk: [] for record in records}
    for point in lock(ContactPoint.objects.filter(**{f"{field}__in": list(points)})):
        points[getattr(point, f"{field}_id")].append(point)
    twice: list[int] = []
    rows: list[ContactPoint] = []
    for record in records:
        known = {str(kind): main_keys(record, kind) for kind in (EMAIL, PHONE)}
        for point in points[record.pk]:
            if point.key in known[point.kind]:
                twice.append(point.pk)
            known[point.kind].add(point.key)
        for kind, each in written.get(record.pk, ()):
            key = key_of(kind, each.value)
            if each.value and key not in known[kind]:
                known[kind].add(key)
                rows.append(_row(record, kind, each))
    if twice:
        ContactPoint.objects.filter(pk__in=twice).delete()
    if rows:
        ContactPoint.objects.bulk_create(rows)
    return len(rows)


def add_further(
    *, model: type[Any], written: Mapping[int, Sequence[tuple[str, str]]], by: User | None
) -> int:
    """Keep pairs of kind and value beside records of `model`, by id, as far as they are new; how
    many came. What is no address is left out: a file does not fail for it."""
    with transaction.atomic():
        records: list[Holder] = locked_for_change(model, sorted(written), by)
        countries = _countries(model, records)
        usable = {
            record.pk: [
                (kind, Written(value))
                for kind, text in written[record.pk]
                if (value := _usable(kind, text, countries[record.pk]))
            ]
            for record in records
        }
        return keep_beside(records, usable)


def _countries(model: type[Any], records: Sequence[Any]) -> dict[int, str]:
    if model is Company:
        return {record.pk: record.country for record in records}
    keys = {record.company_id for record in records} - {None}
    known = dict(Company.objects.filter(pk__in=keys).values_list("pk", "country"))
    return {record.pk: known.get(record.company_id, "") for record in records}


def _usable(kind: str, value: str, country: str) -> str:
    try:
        return checked_value(kind, value, country)
    except Refused:
        return ""


def main_keys(record: Holder, kind: str) -> set[str]:
    """The main values of a kind as they are compared."""
    values = (getattr(record, column) for column in columns_of(type(record), kind))
    return {key_of(kind, value) for value in values if value}


def main_values(record: Holder) -> list[tuple[str, Written]]:
    """What stands in the columns of a record, as it would stand beside another's."""
    return [
        (kind, Written(getattr(record, column), label))
        for kind, columns in MAINS[type(record)].items()
        for column, label in columns.items()
        if getattr(record, column)
    ]


def country_of(record: Holder) -> str:
    """Where a record's numbers are dialled: the country of the company, in words."""
    company = record if isinstance(record, Company) else record.company
    return company.country if company is not None else ""


def _locked(holder: Holder, by: User | None) -> tuple[Holder, list[ContactPoint]]:
    record: Holder = locked_for_change(type(holder), [holder.pk], by)[0]
    field = holder_field(type(record))
    points: list[ContactPoint] = lock(ContactPoint.objects.filter(**{field: record.pk}))
    return record, points


def _one(points: Sequence[ContactPoint], pk: int) -> ContactPoint:
    for point in points:
        if point.pk == pk:
            return point
    raise NotFound(_("There is no such address."))


def _kind_of(model: type[Any], column: str) -> str:
    for kind, columns in MAINS[model].items():
        if column in columns:
            return kind
    raise NotFound(_("There is no such address."))


def _empty_column(record: Holder, kind: str, label: str) -> str:
    """The column that a new value goes to, when there is none yet of its kind."""
    for name, its in columns_of(type(record), kind).items():
        same = (its == Label.MOBILE) == (label == Label.MOBILE)
        if not getattr(record, name) and (same or kind == EMAIL or isinstance(record, Company)):
            return name
    return ""


def _refuse_twice(record: Holder, points: Sequence[ContactPoint], kind: str, value: str) -> None:
    known = main_keys(record, kind) | {point.key for point in points if point.kind == kind}
    if key_of(kind, value) in known:
        raise _refusal(_("“%(value)s” is there already.") % {"value": value})


def _count(record: Holder) -> None:
    """Count the change in the version of the record, as that of a set: who edits what was read
    before is told."""
    count_versions(type(record), [record.pk], "default")


def _row(record: Holder, kind: str, written: Written) -> ContactPoint:
    return ContactPoint(
        **{f"{holder_field(type(record))}_id": record.pk},
        kind=kind,
        value=written.value,
        label=written.label or Label.WORK,
    )


def _make(record: Holder, kind: str, written: Written) -> ContactPoint:
    row = _row(record, kind, written)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Conflict(_("Somebody else changed this record meanwhile.")) from None
    return row


def _refusal(message: str) -> Refused:
    return Refused(message, {"value": [message]})
