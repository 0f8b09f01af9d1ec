"""Cells of custom fields: which column is which field, and what a cell means under its kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from capture.csvfile import CsvFile
from capture.headings import field_known
from capture.joining import Table
from capture.synonyms import heading_key
from capture.values import BadValue, read_moment, read_names, read_yes_no
from core.folding import email_key, fold
from core.forms import read_amount
from crm.customvalues import BadValue as Unfit
from crm.customvalues import canonical
from crm.models import Company, CustomField, User

Reader = Callable[[str], Any]


def custom_fields() -> dict[str, CustomField]:
    """The custom fields of leads in use, as `custom.<key>`."""
    fields = CustomField.objects.filter(subject=CustomField.Subject.LEAD, is_active=True)
    return {f"custom.{field.key}": field for field in fields.order_by("sequence", "id")}


def names_of(fields: Mapping[str, CustomField]) -> dict[str, str]:
    """What people call custom fields, folded: label, key, and the full name; the first counts."""
    found: dict[str, str] = {}
    for name, field in fields.items():
        for word in (name, field.key, field.label):
            found.setdefault(fold(word), name)
    return found


def guess(
    files: Sequence[CsvFile], given: Mapping[str, str], fields: Mapping[str, CustomField]
) -> dict[str, str]:
    """`given`, and the columns that are called as a custom field is and mean nothing else."""
    words: dict[str, str] = {}
    for name, field in fields.items():
        for word in (field.label, field.key):
            words.setdefault(heading_key(word), name)
    taken = set(given.values())
    found = dict(given)
    for file in files:
        for heading in file.headings:
            key = heading_key(heading)
            name = words.get(key, "")
            if name and name not in taken and key not in found and not field_known(heading):
                found[key] = name
    return found


def see_dates(table: Table, fields: Mapping[str, CustomField]) -> None:
    """Learn from the columns of custom dates how the file writes dates."""
    places = [
        place
        for place, name in table.match.fields.items()
        if name in fields and fields[name].type == CustomField.Type.DATE
    ]
    if not places:
        return
    for row in table.rows():
        for place in () if row.problem else places:
            if row.cells[place]:
                table.evidence.see_date(row.cells[place])


def custom_readers(
    table: Table, fields: Mapping[str, CustomField], *, day_first: bool, zone: dt.tzinfo
) -> dict[str, Reader]:
    """How the cells of each custom field of a table are read, into canonical values."""
    date = partial(read_moment, evidence=table.evidence, day_first=day_first, zone=zone)
    return {
        name: partial(_read, field, _reader(field, lambda cell: _day(date(cell), zone)))
        for name, field in fields.items()
        if name in table.match.fields.values()
    }


def _read(field: CustomField, read: Reader, cell: str) -> Any:
    try:
        return canonical(field, read(cell))
    except Unfit as error:
        raise BadValue(str(error)) from None


def _reader(field: CustomField, date: Reader) -> Reader:
    match field.type:
        case CustomField.Type.NUMBER | CustomField.Type.MONEY:
            return read_amount
        case CustomField.Type.DATE:
            return date
        case CustomField.Type.CHOICE:
            return partial(_choice, field)
        case CustomField.Type.CHOICES:
            return lambda cell: [_choice(field, part) for part in _parts(field, cell)]
        case CustomField.Type.YES_NO:
            return read_yes_no
        case CustomField.Type.USER:
            return _named(_people(), _("There is nobody called “%(name)s”."))
        case CustomField.Type.COMPANY:
            return _company
    return lambda cell: cell


def _day(moment: dt.date | dt.datetime, zone: dt.tzinfo) -> dt.date:
    return moment.astimezone(zone).date() if isinstance(moment, dt.datetime) else moment


def _choice(field: CustomField, cell: str) -> str:
    """The id of a choice by its label, or by itself."""
    for option in field.options or []:
        if fold(cell) == fold(str(option["label"])):
            return str(option["id"])
    if any(cell == str(option["id"]) for option in field.options or []):
        return cell
    labels = ", ".join(str(option["label"]) for option in field.options or [])
    words = {"name": cell, "field": field.label, "known": labels}
    raise BadValue(_("“%(name)s” is no choice of “%(field)s”. Choices: %(known)s.") % words)


def _parts(field: CustomField, cell: str) -> list[str]:
    """The choices of a cell; one whose label holds a comma stands alone or between semicolons."""
    if any(fold(cell) == fold(str(option["label"])) for option in field.options or []):
        return [cell]
    return read_names(cell)


def _people() -> dict[str, int]:
    """People by e-mail address and by name; a name that two have names nobody."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    for person in User.objects.active():
        for word in {fold(person.name), email_key(person.email)} - {""}:
            if word in found:
                twice.add(word)
            found[word] = person.pk
    return {word: pk for word, pk in found.items() if word not in twice}


def _named(known: Mapping[str, int], words: str) -> Reader:
    def read(cell: str) -> int:
        found = known.get(fold(cell)) or known.get(email_key(cell))
        if found is None:
            raise BadValue(words % {"name": cell})
        return found

    return read


def _company(cell: str) -> int:
    found = Company.objects.active().named(cell).order_by("pk").first()
    if found is None:
        raise BadValue(_("There is no company “%(name)s”.") % {"name": cell})
    return int(found.pk)
