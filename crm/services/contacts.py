"""Contacts: created, changed, archived, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm.models import Contact
from crm.services import owned

if TYPE_CHECKING:
    from crm.models import User

FIELDS = frozenset(
    {
        "name",
        "company",
        "job_title",
        "email",
        "phone",
        "mobile",
        "language",
        "consent",
        "consent_at",
        "consent_source",
        "owner",
        "custom",
    }
)
#: What only the system may set: where an imported contact comes from.
SYSTEM_FIELDS = FIELDS | {"external_source", "external_id", "created_at"}


def create_contacts(*, drafts: Sequence[Mapping[str, Any]], by: User | None) -> list[Contact]:
    """Insert contacts, in their order; each draft is values by field name;
    "tags" are ids, "emails" and "phones" whole lists of further ones with "value" and "label".

    Without "owner" they belong to whoever makes them. Consent gets today's date where none is
    given. Raises Refused, and Conflict when an external id exists already.
    """
    return owned.create(Contact, drafts, by, FIELDS if by else SYSTEM_FIELDS)


def create_contact(*, values: Mapping[str, Any], by: User | None) -> Contact:
    """Insert a contact."""
    return create_contacts(drafts=[values], by=by)[0]


def update_contacts(
    *, contacts: Sequence[int], values: Mapping[str, Any], by: User | None
) -> list[Contact]:
    """Set the same values on several contacts; "custom" merges, None takes a key out.

    A consent that changes is dated now where no date is given.
    """
    fields = FIELDS if by else SYSTEM_FIELDS
    return owned.update(Contact, contacts, values, by, fields)


def update_contact(
    *,
    contact: int,
    values: Mapping[str, Any],
    by: User | None,
    expected_version: int | None = None,
) -> Contact:
    """Set values on a contact."""
    fields = FIELDS if by else SYSTEM_FIELDS
    return owned.update(Contact, [contact], values, by, fields, expected_version=expected_version)[
        0
    ]


def archive_contacts(*, contacts: Sequence[int], by: User | None) -> list[Contact]:
    """Put contacts aside: out of lists, still where they are named."""
    return owned.archive(Contact, contacts, by, archived=True)


def archive_contact(*, contact: int, by: User | None) -> Contact:
    """Put a contact aside."""
    return archive_contacts(contacts=[contact], by=by)[0]


def unarchive_contacts(*, contacts: Sequence[int], by: User | None) -> list[Contact]:
    """Take contacts back into lists."""
    return owned.archive(Contact, contacts, by, archived=False)


def unarchive_contact(*, contact: int, by: User | None) -> Contact:
    """Take a contact back into lists."""
    return unarchive_contacts(contacts=[contact], by=by)[0]


def delete_contacts(*, contacts: Sequence[int], by: User | None) -> int:
    """Delete contacts; they leave their leads, which stay. Returns how many."""
    return owned.delete(Contact, contacts, by)


def delete_contact(*, contact: int, by: User | None) -> None:
    """Delete a contact."""
    delete_contacts(contacts=[contact], by=by)
