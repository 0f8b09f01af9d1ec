"""What is held on a person: kinds of records that the floors register, and what tells the person
apart in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet

from core.folding import email_key, phone_key
from core.ledger.tables import Change
from crm.models import Contact

#: The columns that say who somebody is, by record type; they are all the person's own.
OWN = {
    "crm.contact": ("name", "email", "phone", "mobile", "job_title", "external_id"),
    "crm.contactpoint": ("value",),
    "crm.touch": ("visitor", "landing_url", "referrer"),
}


@dataclass
class Person:
    """A contact with every name, address and number under which we know or knew the person."""

    contact: Contact
    names: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)

    @property
    def email_keys(self) -> set[str]:
        """The addresses as they are compared."""
        return {email_key(each) for each in self.emails} - {""}

    @property
    def phone_keys(self) -> set[str]:
        """The numbers in E.164."""
        return {phone_key(each, settings.DEFAULT_COUNTRY) for each in self.phones} - {""}

    def learn(self, names: Iterable[Any], emails: Iterable[Any], phones: Iterable[Any]) -> None:
        """Note further names, addresses and numbers; what is empty is left out."""
        self.names |= {str(each).strip() for each in names if each}
        self.emails |= {str(each).strip() for each in emails if each}
        self.phones |= {str(each).strip() for each in phones if each}


@dataclass(frozen=True, slots=True)
class Holding:
    """A kind of records held on a person. `find` gives those of a person; `learn` reads from them
    how else the person is called; `prose` are the texts in which a first name alone is the person;
    `after` makes anew what is derived once they are erased."""

    name: str
    label: Any
    order: int
    find: Callable[[Person], QuerySet[Any]]
    learn: Callable[[Person], None] | None = None
    prose: tuple[str, ...] = ()
    after: Callable[[Sequence[int]], Any] | None = None


_holdings: dict[str, Holding] = {}


def register(holding: Holding) -> None:
    """Say that such records are held on people; a second one of the same name replaces it."""
    _holdings[holding.name] = holding


def holdings() -> list[Holding]:
    """All kinds of records that are held on people."""
    return sorted(_holdings.values(), key=lambda each: each.order)


def read_person(contact: Contact) -> Person:
    """The person, with what they were called before, as the ledger tells."""
    person = Person(contact)
    person.learn([contact.name], [contact.email], [contact.phone, contact.mobile])
    for diff in changes_of(Contact, [contact.pk]).values_list("diff", flat=True):
        said = {name: [v for v in diff.get(name, ()) if isinstance(v, str)] for name in OWN_TEXTS}
        person.learn(said["name"], said["email"], [*said["phone"], *said["mobile"]])
    for holding in holdings():
        if holding.learn is not None:
            holding.learn(person)
    return person


OWN_TEXTS = ("name", "email", "phone", "mobile")


def changes_of(model: type[Model], ids: Iterable[Any]) -> QuerySet[Change]:
    """What the ledger tells of records."""
    return Change.objects.filter(record_type=model._meta.label_lower, record_id__in=list(ids))
