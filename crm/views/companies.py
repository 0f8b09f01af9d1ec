"""Companies: list, page, forms, and their names while one types."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.folding import fold
from core.requests import Request
from core.views.cells import register_editor
from core.views.conditions import build_url, register_built
from core.views.lists import Frame
from crm.bulk import COMPANY_DEEDS, offered
from crm.filters import CompanyFilters
from crm.lists import COMPANIES
from crm.models import Company
from crm.recordforms import CompanyForm
from crm.recordpage import company_page, visible_company
from crm.savedviews import read_menu
from crm.services.companies import archive_company, delete_company, unarchive_company
from crm.services.people import save_company
from crm.views.filtering import Filtering, tabs
from crm.views.records import Door

SUGGESTIONS = 12
#: The fields in which a company is named; custom fields are the others.
NAMED = ("company", "parent")


def suggest(request: Request) -> HttpResponse:
    """The companies whose name starts with what was typed, for the list under a field."""
    names = [name for name in request.GET if name in NAMED or name.startswith("custom.")]
    key = fold(request.GET[names[0]])[:200] if names else ""
    companies = Company.objects.none()
    if key:
        companies = (
            Company.objects.visible_to(request.user)
            .active()
            .filter(name_key__startswith=key)
            .order_by("name_key")[:SUGGESTIONS]
        )
    return render(request, "crm/company_options.html", {"companies": companies})


def _records(request: Request, query: QueryDict) -> tuple[Any, Frame]:
    filtering = Filtering(request, CompanyFilters, "crm.company", query)
    records = filtering.apply(Company.objects.visible_to(request.user))
    frame = Frame(
        title=_("Companies"),
        icon="building",
        find_label=_("Find a name or a domain"),
        new_url=reverse("company-new"),
        new_label=_("New company"),
        empty_text=_("No companies yet. They come with leads, with an import, or one by one."),
        counted=lambda n, shown: ngettext("%(n)s company", "%(n)s companies", n) % {"n": shown},
        text=filtering.text,
        is_narrowed=filtering.is_narrowed,
        chips=filtering.chips(),
        told=filtering.told(),
        tabs=tabs("companies"),
        problems=filtering.problems,
        filter_url=build_url(COMPANIES.name, request.path, query),
        views=lambda shown: read_menu(
            request.user, COMPANIES.name, query, path=request.path, query=shown
        ),
        deeds=offered(COMPANY_DEEDS, is_archive=filtering.is_archive),
    )
    return records, frame


register_built(COMPANIES.name, "crm.company", lambda request, query: _records(request, query)[0])


def _save(*, named: str | None, record: int | None = None, **options: Any) -> Company:
    return save_company(company=record, parent_name=named, **options)


def _words() -> dict[str, str]:
    return {
        "list": _("Companies"),
        "new_title": _("New company"),
        "create": _("Create the company"),
        "needed": _("Only the name is needed."),
        "stays": _("Contacts, leads and branches stay; they lose the company."),
    }


DOOR = Door(
    name="company",
    listing=COMPANIES,
    form=CompanyForm,
    page=company_page,
    visible=visible_company,
    records=_records,
    save=_save,
    archive=lambda pk, by: archive_company(company=pk, by=by),
    unarchive=lambda pk, by: unarchive_company(company=pk, by=by),
    delete=lambda pk, by: delete_company(company=pk, by=by),
    deeds=COMPANY_DEEDS,
    words=_words,
    form_template="crm/company_form.html",
)

register_editor(COMPANIES, DOOR.editor)
