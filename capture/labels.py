"""What the fields of a file are called on a page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from capture.synonyms import Subject

LABELS: dict[str, Any] = {
    "external_id": _l("id in the other program"),
    "title": _l("title"),
    "name": _l("name"),
    "description": _l("description"),
    "stage": _l("stage"),
    "status": _l("open, won or lost"),
    "is_won": _l("open, won or lost"),
    "is_closed": _l("open, won or lost"),
    "is_deleted": _l("deleted there"),
    "expected_revenue": _l("expected revenue"),
    "currency": _l("currency"),
    "created_at": _l("created on"),
    "stage_entered_at": _l("in this stage since"),
    "close_date": _l("closing date"),
    "expected_close": _l("expected close"),
    "closed_at": _l("closed on"),
    "won_at": _l("closed on"),
    "lost_at": _l("closed on"),
    "pipeline": _l("pipeline"),
    "owner": _l("owner"),
    "owner_email": _l("owner"),
    "owner_id": _l("owner"),
    "manager": _l("team leader"),
    "team": _l("team"),
    "region": _l("team above"),
    "company": _l("company"),
    "company_id": _l("company"),
    "parent": _l("parent company"),
    "parent_id": _l("parent company"),
    "product": _l("product"),
    "contact_name": _l("contact"),
    "contact_id": _l("contact"),
    "first_name": _l("first name"),
    "last_name": _l("last name"),
    "job_title": _l("job title"),
    "email": _l("e-mail"),
    "phone": _l("phone"),
    "mobile": _l("mobile phone"),
    "tags": _l("tags"),
    "source": _l("source"),
    "medium": _l("medium"),
    "campaign": _l("campaign"),
    "lost_reason": _l("lost reason"),
    "industry": _l("industry"),
    "employees": _l("employees"),
    "annual_revenue": _l("annual revenue"),
    "street": _l("street"),
    "postal_code": _l("postal code"),
    "city": _l("city"),
    "country": _l("country"),
    "website": _l("website"),
    "domain": _l("domain"),
    "code": _l("code"),
    "list_price": _l("list price"),
}

SUBJECTS: dict[str, Any] = {
    Subject.LEAD: _l("leads"),
    Subject.COMPANY: _l("companies"),
    Subject.PRODUCT: _l("products"),
    Subject.USER: _l("people of your team"),
    Subject.CONTACT: _l("contacts"),
    "": _l("left out"),
}


def field_label(name: str) -> str:
    """What a field is called; "" for a column that is not carried over."""
    if name.startswith("entered:"):
        return _("entered “%(stage)s”") % {"stage": name.removeprefix("entered:")}
    owner, _dot, short = name.rpartition(".")
    label = str(LABELS.get(short, short))
    return _("company: %(field)s") % {"field": label} if owner == "company" else label


def made_label(kind: str, count: int) -> str:
    """What records beside the leads are called, in the number of `count`."""
    words = {
        "companies": ngettext("company", "companies", count),
        "companies_updated": ngettext("company completed", "companies completed", count),
        "contacts": ngettext("contact", "contacts", count),
        "products": ngettext("product", "products", count),
        "products_updated": ngettext("product completed", "products completed", count),
        "users": ngettext("person, without a login", "people, without a login", count),
        "teams": ngettext("team", "teams", count),
        "stages": ngettext("stage", "stages", count),
        "tags": ngettext("tag", "tags", count),
        "sources": ngettext("source", "sources", count),
        "mediums": ngettext("medium", "mediums", count),
        "campaigns": ngettext("campaign", "campaigns", count),
        "lost_reasons": ngettext("lost reason", "lost reasons", count),
    }
    return words.get(kind, kind)
