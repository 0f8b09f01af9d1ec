"""Contacts and companies as people type them: the company that goes with them is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from crm.models import Company, Contact
from crm.services.companies import (
    create_company,
    find_or_create_companies,
    update_companies,
    update_company,
)
from crm.services.contacts import create_contact, update_contact, update_contacts

if TYPE_CHECKING:
    from crm.models import User


@transaction.atomic
def save_contact(
    *,
    values: Mapping[str, Any],
    by: User,
    company_name: str | None,
    contact: int | None = None,
    expected_version: int | None = None,
) -> Contact:
    """Make or change a contact at the company of that name, which is made when there is none.

    "" takes the company off, None leaves it as it is.
    """
    given = dict(values)
    if company_name is not None:
        given["company"] = _named(company_name, by)
    if contact is None:
        return create_contact(values=given, by=by)
    return update_contact(contact=contact, values=given, by=by, expected_version=expected_version)


def _named(name: str, by: User) -> Company | None:
    return next(iter(find_or_create_companies(names=[name], by=by).values()), None)


@transaction.atomic
def save_company(
    *,
    values: Mapping[str, Any],
    by: User,
    parent_name: str | None,
    company: int | None = None,
    expected_version: int | None = None,
) -> Company:
    """Make or change a company under the parent of that name; "" takes it off, None leaves it."""
    given = dict(values)
    if parent_name is not None:
        given["parent"] = _parent(parent_name, by)
    if company is None:
        return create_company(values=given, by=by)
    return update_company(company=company, values=given, by=by, expected_version=expected_version)


def _parent(name: str, by: User) -> Company | None:
    found: Company | None = None
    if name:
        found = Company.objects.visible_to(by).active().named(name).first()
    return found


@transaction.atomic
def save_contacts(
    *, contacts: Sequence[int], values: Mapping[str, Any], by: User, company_name: str | None
) -> list[Contact]:
    """Set the same values on several contacts; the company of that name is made when there is
    none, "" takes it off, None leaves it."""
    given = dict(values)
    if company_name is not None:
        given["company"] = _named(company_name, by)
    return update_contacts(contacts=contacts, values=given, by=by)


@transaction.atomic
def save_companies(
    *, companies: Sequence[int], values: Mapping[str, Any], by: User, parent_name: str | None
) -> list[Company]:
    """Set the same values on several companies; "" takes the parent off, None leaves it."""
    given = dict(values)
    if parent_name is not None:
        given["parent"] = _parent(parent_name, by)
    return update_companies(companies=companies, values=given, by=by)
