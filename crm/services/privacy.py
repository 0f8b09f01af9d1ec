"""What is held on a person: found, handed over as a file, erased. Each deed leaves a record of it.

Erasing writes no change: the same replacement is applied to rows and to their history, so that the
ledger still tells one story, of digests. What the person's own records hold is replaced; an
address, a number or a full name that is nobody else's is sought in every table beside them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from core.folding import fold
from core.ledger.causes import because
from core.ledger.schema import is_tracked, schema_of
from core.ledger.tables import Action, Change, Kind
from core.ledger.writing import lock, save_locked
from crm.models import Company, Contact, ContactPoint, PrivacyRecord, User
from crm.privacy import OWN, Person, changes_of, holdings, read_person
from crm.scrubbing import Scrubber
from crm.services.rights import require_manager

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: Tables that say nothing of customers: colleagues, sessions, Django's own.
OUTSIDE = {"crm.user", "crm.privacyrecord", "sessions.session", "contenttypes.contenttype"}


@dataclass
class Held:
    """A kind of records with those that are held on a person."""

    name: str
    label: str
    rows: list[Any]


def held_on(contact: Contact) -> tuple[Person, list[Held]]:
    """What is held on a person, kind by kind, and how they are called."""
    person = read_person(contact)
    found = [Held(each.name, str(each.label), list(each.find(person))) for each in holdings()]
    changes = [c for kind in found for c in _changes(kind.rows)]
    return person, [*found, Held("changes", _("Changes in the history"), changes)]


def _changes(rows: list[Any]) -> list[Change]:
    if not rows or not is_tracked(type(rows[0])):
        return []
    return list(changes_of(type(rows[0]), [row.pk for row in rows]).order_by("id"))


def locked_contact(pk: int, by: User) -> Contact:
    """The contact under lock, for managers alone."""
    require_manager(by)
    found = lock(Contact.objects.visible_to(by).filter(pk=pk))
    if not found:
        raise NotFound(_("There is no such contact."))
    contact: Contact = found[0]
    return contact


@transaction.atomic
def export_person(*, contact: int, by: User, request: str = "") -> dict[str, Any]:
    """All that is held on a person, by kind of record, as JSON can say it; recorded."""
    _person, held = held_on(locked_contact(contact, by))
    _record(PrivacyRecord.Deed.EXPORT, contact, by, request, held)
    return {kind.name: [_plain(row) for row in kind.rows] for kind in held}


def _plain(row: models.Model) -> dict[str, Any]:
    """A row by column, but those that the machine made of others."""
    machine = getattr(row, "ledger_machine", {})
    return {
        field.name: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.name not in machine
    }


def _record(deed: Any, contact: int, by: User, request: str, held: Iterable[Held]) -> PrivacyRecord:
    counts = {kind.name: len(kind.rows) for kind in held if kind.rows}
    return PrivacyRecord.objects.create(
        deed=deed, contact_id=contact, by=by, request=request[:200], counts=counts
    )


@transaction.atomic
def erase_person(
    *, contact: int, by: User, typed: str, request: str = "", elsewhere: bool = False
) -> PrivacyRecord:
    """Replace all that is held on a person by digests, in records and in their history, for good.

    `typed` is the name, as a confirmation. With `elsewhere` the full name is also sought in records
    that are not the person's. The contact stays, archived, without who it was.
    """
    row = locked_contact(contact, by)
    if fold(typed) != fold(row.name):
        raise Refused(_("Type the name to confirm."), {"typed": [_("This is not the name.")]})
    person, held = held_on(row)
    erasure = _Erasure(person, elsewhere)
    for kind, holding in zip(held, holdings(), strict=False):
        erasure.take(kind.rows, holding.prose)
    erasure.run()
    for kind, holding in zip(held, holdings(), strict=False):
        if holding.after is not None:
            holding.after([each.pk for each in kind.rows])
    with because(Kind.PERSON, by=by, label=_("Personal data erased")):
        rows = lock(Contact.objects.filter(pk=contact))
        for each in rows:
            each.consent = Contact.Consent.WITHDRAWN
            each.archived_at = each.archived_at or timezone.now()
        save_locked(rows)
    return _record(PrivacyRecord.Deed.ERASURE, contact, by, erasure.theirs(request), held)


@dataclass
class _Erasure:
    """One erasure: `tied` are the person's own records with their prose, `met` others in which
    something stands that is the person's alone."""

    person: Person
    elsewhere: bool
    tied: dict[tuple[str, Any], tuple[str, ...]] = field(default_factory=dict)
    met: set[tuple[str, Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        person = self.person
        self.theirs = Scrubber(person.names, person.emails, person.phones)
        emails, phones = _alone(person)
        self.names = {n for n in person.names if " " in n.strip()} if self.elsewhere else set()
        self.only = Scrubber(self.names, emails, phones, self.theirs.salt)
        self.sought = {*emails, *phones, *self.names}
        self.sought |= {fold(text) for text in self.sought}
        self.sought |= {k for k in person.phone_keys if any(k == _key(p) for p in phones)}

    def take(self, rows: list[Any], prose: tuple[str, ...]) -> None:
        """Note records of the person's, and the causes under which they were changed."""
        for row in rows:
            self.tied[row._meta.label_lower, row.pk] = prose
        for change in _changes(rows):
            self.tied.setdefault(("core.cause", change.cause_id), ())

    def run(self) -> None:
        """Seek, then replace in rows and in history."""
        for model in apps.get_models():
            if model._meta.label_lower in OUTSIDE or not _texts(model) or model is Change:
                continue
            for row in _holding(model, self.sought):
                self._meet(model._meta.label_lower, row.pk)
        for change in _holding(Change, self.sought):
            self._meet(change.record_type, change.record_id)
        by_type: dict[str, set[Any]] = defaultdict(set)
        for record_type, pk in [*self.tied, *self.met]:
            by_type[record_type].add(pk)
        for record_type, ids in by_type.items():
            model = apps.get_model(record_type)
            for row in model._base_manager.filter(pk__in=ids):
                self._replace(row)
            if is_tracked(model):
                for change in changes_of(model, ids):
                    self._rewrite(change, model)

    def _meet(self, record_type: str, pk: Any) -> None:
        if (record_type, pk) not in self.tied and record_type not in OUTSIDE:
            self.met.add((record_type, pk))

    def _replace(self, row: Any) -> None:
        """Write what is left of a row, past the ledger: its history is rewritten likewise."""
        before = {field.attname: getattr(row, field.attname) for field in _texts(type(row))}
        for column in _texts(type(row)):
            setattr(row, column.attname, self._clean(row, row.pk, column, before[column.attname]))
        if hasattr(row, "set_keys"):
            row.set_keys()
        values = [
            (column, None, getattr(row, column.attname))
            for column in _texts(type(row))
            if getattr(row, column.attname) != before[column.attname]
        ]
        if values:
            type(row)._base_manager.filter(pk=row.pk)._update(values)  # type: ignore[attr-defined]

    def _clean(self, model: Any, pk: Any, column: Any, value: Any) -> Any:
        label = model._meta.label_lower
        prose = self.tied.get((label, pk))
        if (
            prose is not None
            and value
            and isinstance(value, str)
            and column.name in OWN.get(label, ())
        ):
            is_address = column.name == "email" or (column.name == "value" and "@" in value)
            digest = self.theirs.address if is_address else self.theirs.digest
            return digest(value)[: column.max_length]
        if (
            prose is not None
            and label in OWN
            and column.name == getattr(model, "ledger_custom", "")
        ):
            return {}
        scrub = self.only if prose is None else self.theirs
        return _through(value, scrub, column.name in (prose or ()), column.max_length)

    def _rewrite(self, change: Change, model: Any) -> None:
        schema, diff = schema_of(model), {}
        pk = change.record_id
        tied = (schema.record_type, pk) in self.tied
        for name, value in change.diff.items():
            if schema.custom and name.startswith(f"{schema.custom}."):
                if not (tied and schema.record_type in OWN):
                    scrub = self.theirs if tied else self.only
                    diff[name] = _through(value, scrub, False, None)
                continue
            column = schema.by_name.get(name)
            if column is None or not isinstance(value, list) or not _is_text(column.field):
                diff[name] = value
                continue
            diff[name] = [self._clean(model, pk, column.field, each) for each in value]
        if change.action == Action.DELETED:
            _mend_keys(model, diff)
        if diff != change.diff:
            Change.objects.filter(pk=change.pk).update(diff=diff)


def _alone(person: Person) -> tuple[set[str], set[str]]:
    """The addresses and numbers that no other contact and no company has: not a switchboard's."""
    others: Any = Contact.objects.exclude(pk=person.contact.pk)
    taken = set(others.filter(email_key__in=person.email_keys).values_list("email_key", flat=True))
    numbers = person.phone_keys
    for name in ("phone_key", "mobile_key"):
        taken |= set(others.filter(**{f"{name}__in": numbers}).values_list(name, flat=True))
    companies: Any = Company.objects.filter(phone_key__in=numbers)
    taken |= set(companies.values_list("phone_key", flat=True))
    points = ContactPoint.objects.filter(key__in=[*person.email_keys, *numbers])
    taken |= set(points.exclude(contact=person.contact).values_list("key", flat=True))
    return (
        {each for each in person.emails if fold(each) not in taken},
        {each for each in person.phones if _key(each) not in taken},
    )


def _key(number: str) -> str:
    from django.conf import settings

    from core.folding import phone_key

    return phone_key(number, settings.DEFAULT_COUNTRY)


def _mend_keys(model: Any, diff: dict[str, Any]) -> None:
    """The machine's columns in the row of a deleted record, made anew from what is left."""
    schema = schema_of(model)
    machine = [c for c in schema.columns if not c.tracked and _is_text(c.field) and c.name in diff]
    if not machine or not hasattr(model, "set_keys"):
        return
    values = {
        column.attname: column.decode(diff[column.name][0])
        for column in schema.columns
        if column.name in diff and diff[column.name][0] is not None
    }
    row = model(**values)
    row.set_keys()
    for column in machine:
        diff[column.name] = [column.encode(getattr(row, column.attname)), None]


def _is_text(column: Any) -> bool:
    text = isinstance(column, models.CharField | models.TextField | models.JSONField)
    return text and not column.choices and not column.primary_key


def _texts(model: Any) -> list[Any]:
    return [f for f in model._meta.concrete_fields if _is_text(f) and not f.generated]


def _holding(model: Any, sought: Iterable[str]) -> Iterator[Any]:
    """The rows of a table in whose texts any of these stands."""
    wanted, extra = Q(), {}
    for number, column in enumerate(_texts(model)):
        name = column.name
        if isinstance(column, models.JSONField):
            name = f"text_{number}"
            extra[name] = Cast(column.name, models.TextField())
        for text in sought:
            for spelling in {text, json.dumps(text)[1:-1]}:
                wanted |= Q(**{f"{name}__icontains": spelling})
    if not wanted:
        return iter(())
    rows: QuerySet[Any] = model._base_manager.alias(**extra).filter(wanted)
    return rows.iterator(chunk_size=500)


def _through(value: Any, scrub: Scrubber, prose: bool, longest: int | None) -> Any:
    """A value without the person, whatever its shape."""
    if isinstance(value, str):
        return scrub(value, prose=prose)[:longest]
    if isinstance(value, list):
        return [_through(each, scrub, prose, longest) for each in value]
    if isinstance(value, dict):
        return {scrub(key): _through(each, scrub, prose, longest) for key, each in value.items()}
    return value


__all__ = ["erase_person", "export_person", "held_on", "locked_contact"]
