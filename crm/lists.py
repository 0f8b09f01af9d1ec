"""The lists of contacts and companies: their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.cells import Column, Kind
from core.lists import Listing, register
from crm.customcolumns import custom_columns
from crm.models import Company, Contact, ContactPoint
from crm.models.tagging import TAG_LINKS


def _first(*values: Any) -> Any:
    """The first value that is not empty."""
    return next((value for value in values if value), None)


def labelled(choices: type[TextChoices], value: str) -> str:
    """The label of a choice; the value itself for one that is no longer offered."""
    return str(choices(value).label) if value in choices.values else value


def owner_column() -> Column:
    """Who a record belongs to."""
    return Column(
        "owner",
        _("Owner"),
        paths=("owner__name", "owner__email"),
        of=_first,
        sort="owner__name",
        edits=("owner",),
    )


def _further(model: type[Any], kind: str) -> Any:
    """Reads the further addresses or numbers of rows, in one query."""
    holder = model._meta.model_name

    def read(ids: Sequence[int]) -> Mapping[int, str]:
        found: dict[int, list[str]] = {}
        rows = ContactPoint.objects.filter(**{f"{holder}__in": ids}, kind=kind).order_by("pk")
        for pk, value in rows.values_list(holder, "value"):
            found.setdefault(pk, []).append(value)
        return {pk: ", ".join(values) for pk, values in found.items()}

    return read


def _tags(model: type[Any]) -> Any:
    """Reads the tags of rows, in one query."""
    holder = model._meta.model_name

    def read(ids: Sequence[int]) -> Mapping[int, str]:
        found: dict[int, list[str]] = {}
        rows = (
            TAG_LINKS[model].objects.filter(**{f"{holder}__in": ids}).order_by("tag__name", "tag")
        )
        for pk, name in rows.values_list(holder, "tag__name"):
            found.setdefault(pk, []).append(name)
        return {pk: ", ".join(names) for pk, names in found.items()}

    return read


def further_columns(model: type[Any]) -> tuple[Column, Column]:
    """The addresses and numbers beside the main ones, parted by commas."""
    return (
        Column(
            "further_emails", _("Further e-mails"), side=_further(model, ContactPoint.Kind.EMAIL)
        ),
        Column(
            "further_phones", _("Further phones"), side=_further(model, ContactPoint.Kind.PHONE)
        ),
    )


CONTACTS = register(
    Listing(
        name="contacts",
        model=Contact,
        chosen=("name", "company", "job_title", "email", "phone", "owner"),
        sort="name",
        address=lambda: reverse("contact", args=[0]),
        more=partial(custom_columns, Contact),
        columns=(
            Column("name", _("Name"), paths=("name",), sort="name_key", edits=("name",)),
            Column(
                "company",
                _("Company"),
                paths=("company__name",),
                sort="company__name_key",
                edits=("company",),
            ),
            Column("job_title", _("Job title"), paths=("job_title",), edits=("job_title",)),
            Column("email", _("E-mail"), paths=("email",), sort="email_key", edits=("email",)),
            Column(
                "phone", _("Phone"), paths=("phone", "mobile"), of=_first, edits=("phone", "mobile")
            ),
            Column("mobile", _("Mobile"), paths=("mobile",), edits=("mobile",)),
            *further_columns(Contact),
            Column("tags", _("Tags"), side=_tags(Contact)),
            Column("language", _("Language"), paths=("language",), edits=("language",)),
            Column(
                "consent",
                _("Consent"),
                paths=("consent",),
                of=partial(labelled, Contact.Consent),
                edits=("consent",),
            ),
            Column("consent_at", _("Consent on"), Kind.DAY, paths=("consent_at",)),
            owner_column(),
            Column(
                "created",
                _("Created"),
                Kind.MOMENT,
                paths=("created_at",),
                sort="created_at",
                falling=True,
            ),
            Column(
                "updated",
                _("Last changed"),
                Kind.MOMENT,
                paths=("updated_at",),
                sort="updated_at",
                falling=True,
            ),
        ),
    )
)

COMPANIES = register(
    Listing(
        name="companies",
        model=Company,
        chosen=("name", "city", "country", "industry", "employees", "phone", "owner"),
        sort="name",
        address=lambda: reverse("company", args=[0]),
        more=partial(custom_columns, Company),
        columns=(
            Column("name", _("Name"), paths=("name",), sort="name_key", edits=("name",)),
            Column("domain", _("Domain"), paths=("domain",), sort="domain_key", edits=("domain",)),
            Column(
                "industry",
                _("Industry"),
                paths=("industry",),
                sort="industry_key",
                edits=("industry",),
            ),
            Column(
                "employees",
                _("Employees"),
                Kind.NUMBER,
                paths=("employees",),
                sort="employees",
                falling=True,
                edits=("employees",),
            ),
            Column(
                "annual_revenue",
                _("Annual revenue"),
                Kind.NUMBER,
                paths=("annual_revenue",),
                sort="annual_revenue",
                falling=True,
                edits=("annual_revenue",),
            ),
            Column("street", _("Street"), paths=("street",), edits=("street",)),
            Column("postal_code", _("Postal code"), paths=("postal_code",), edits=("postal_code",)),
            Column("city", _("City"), paths=("city",), sort="city_key", edits=("city",)),
            Column(
                "country", _("Country"), paths=("country",), sort="country_key", edits=("country",)
            ),
            Column("phone", _("Phone"), paths=("phone",), edits=("phone",)),
            *further_columns(Company),
            Column("tags", _("Tags"), side=_tags(Company)),
            Column("website", _("Website"), paths=("website",), edits=("website",)),
            Column("parent", _("Parent company"), paths=("parent__name",), edits=("parent",)),
            owner_column(),
            Column(
                "created",
                _("Created"),
                Kind.MOMENT,
                paths=("created_at",),
                sort="created_at",
                falling=True,
            ),
            Column(
                "updated",
                _("Last changed"),
                Kind.MOMENT,
                paths=("updated_at",),
                sort="updated_at",
                falling=True,
            ),
        ),
    )
)
