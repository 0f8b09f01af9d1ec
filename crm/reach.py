"""How a contact or company is reached, ready to print: the main addresses and numbers, then the
further ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from crm.models import Company, Contact, ContactPoint
from crm.services.points import MAINS

EMAIL = ContactPoint.Kind.EMAIL


@dataclass(frozen=True, slots=True)
class Way:
    """One address or number: what a click on it opens, and where it is changed. `place` names the
    column of a main one, or is the id of a further one."""

    place: str
    kind: str
    value: str
    label: str
    url: str
    whatsapp: str
    is_main: bool
    edit_url: str
    main_url: str = ""
    remove_url: str = ""

    @property
    def icon(self) -> str:
        """The icon of its kind."""
        return "mail" if self.kind == EMAIL else "phone"


def ways_of(record: Contact | Company) -> Sequence[Way]:
    """By what a record is reached: e-mail addresses, then numbers, the main ones first."""
    points = list(record.points.all())
    name, columns = str(record._meta.model_name), MAINS[type(record)]
    found = []
    for kind in ContactPoint.Kind:
        others = [point for point in points if point.kind == kind]
        for column in columns[kind]:
            value = getattr(record, column)
            if value:
                field: Any = record._meta.get_field(column)
                found.append(
                    Way(
                        place=column,
                        kind=kind,
                        value=value,
                        label="" if kind == EMAIL else str(field.verbose_name),
                        url=opens(kind, value, getattr(record, f"{column}_key")),
                        whatsapp=digits_of(kind, getattr(record, f"{column}_key")),
                        is_main=bool(others),
                        edit_url=reverse(f"{name}-reach-edit", args=[record.pk, column]),
                    )
                )
        for point in others:
            key = [record.pk, point.pk]
            found.append(
                Way(
                    place=str(point.pk),
                    kind=kind,
                    value=point.value,
                    label=str(point.get_label_display()),  # type: ignore[attr-defined]
                    url=opens(kind, point.value, point.key),
                    whatsapp=digits_of(kind, point.key),
                    is_main=False,
                    edit_url=reverse(f"{name}-reach-edit", args=key),
                    main_url=reverse(f"{name}-reach-main", args=key) if columns[kind] else "",
                    remove_url=reverse(f"{name}-reach-remove", args=key),
                )
            )
    return found


def opens(kind: str, value: str, key: str) -> str:
    """The address that writes to an e-mail address, or dials a number."""
    if not value:
        return ""
    if kind == EMAIL:
        return f"mailto:{value}"
    return f"tel:{key if key.startswith('+') else ''.join(value.split())}"


def digits_of(kind: str, key: str) -> str:
    """A number as wa.me takes it: its digits, where it is an international one."""
    digits = key.removeprefix("+")
    return digits if kind != EMAIL and key.startswith("+") and digits.isdecimal() else ""


def new_urls(name: str, pk: int) -> dict[str, str]:
    """Where one more of each kind is written down; `name` is "contact" or "company"."""
    return {str(kind): reverse(f"{name}-reach-new", args=[pk, kind]) for kind in ContactPoint.Kind}
