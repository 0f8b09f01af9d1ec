"""Tags and products; companies and contacts, written by their services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin.bases import CappedPaginator, ConfigurationAdmin, ConfigurationForm
from core.admin.fields import ColourField, label_of
from core.folding import fold
from crm.models import Company, Contact, Product, Tag
from crm.services import companies, contacts

if TYPE_CHECKING:
    from crm.models import User


class TagForm(ConfigurationForm):
    """A tag and its colour."""

    colour = ColourField(label=label_of(Tag, "colour"))

    class Meta:
        model = Tag
        fields = ("name", "colour")


@admin.register(Tag)
class TagAdmin(ConfigurationAdmin):
    """Tags: whoever works here coins them; here they are renamed, coloured, deleted."""

    form = TagForm
    fields = ("name", "colour")
    list_display = ("name", "colour")
    search_fields = ("name",)


@admin.register(Product)
class ProductAdmin(ConfigurationAdmin):
    """What is sold."""

    fields = ("code", "name", "list_price", "is_active")
    list_display = ("name", "code", "list_price", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "code")


class OwnedAdmin(ConfigurationAdmin):
    """A company or a contact: the page parses, the service writes."""

    paginator = CappedPaginator
    ordering = ("name_key", "id")
    list_filter = (("archived_at", admin.EmptyFieldListFilter), "owner")
    search_fields = ("name",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the beginning of the folded name, which is indexed."""
        key = fold(search_term)
        return (queryset.filter(name_key__startswith=key) if key else queryset), False

    def values_of(self, form: Any) -> dict[str, Any]:
        """What the form changed, by field name."""
        names = [name for name in form.changed_data if name != "expected_version"]
        return {name: form.cleaned_data[name] for name in names}


@admin.register(Company)
class CompanyAdmin(OwnedAdmin):
    """Companies."""

    fields = (
        "name",
        "owner",
        "domain",
        "website",
        "phone",
        "industry",
        "employees",
        "annual_revenue",
        "street",
        "postal_code",
        "city",
        "country",
        "parent",
    )
    raw_id_fields = ("parent",)
    list_display = ("name", "domain", "city", "owner", "archived_at")
    list_select_related = ("owner",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or update by the service."""
        values, by = self.values_of(form), _user(request)
        if change:
            company = companies.update_company(company=obj.pk, values=values, by=by)
        else:
            values.setdefault("owner", obj.owner)
            company = companies.create_company(values=values, by=by)
        obj.__dict__.update(company.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete by the service."""
        companies.delete_company(company=obj.pk, by=_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete several by the service."""
        keys = list(queryset.values_list("pk", flat=True))
        companies.delete_companies(companies=keys, by=_user(request))


@admin.register(Contact)
class ContactAdmin(OwnedAdmin):
    """Contacts."""

    fields = (
        "name",
        "company",
        "owner",
        "job_title",
        "email",
        "phone",
        "mobile",
        "language",
        "consent",
        "consent_source",
    )
    raw_id_fields = ("company",)
    list_display = ("name", "company", "email", "phone", "owner", "archived_at")
    list_select_related = ("owner", "company")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create or update by the service."""
        values, by = self.values_of(form), _user(request)
        if change:
            contact = contacts.update_contact(contact=obj.pk, values=values, by=by)
        else:
            values.setdefault("owner", obj.owner)
            contact = contacts.create_contact(values=values, by=by)
        obj.__dict__.update(contact.__dict__)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete by the service."""
        contacts.delete_contact(contact=obj.pk, by=_user(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete several by the service."""
        keys = list(queryset.values_list("pk", flat=True))
        contacts.delete_contacts(contacts=keys, by=_user(request))


def _user(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]  # the site lets nobody else in
