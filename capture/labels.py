"""What the fields of a file are called on a page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from capture.synonyms import Subject

LABELS: dict[str, Any] = {
    "external_id": _("id in the other program"),
    "title": _("title"),
    "name": _("name"),
    "description": _("description"),
    "stage": _("stage"),
    "status": _("open, won or lost"),
    "is_won": _("open, won or lost"),
    "is_closed": _("open, won or lost"),
    "is_deleted": _("deleted there"),
    "expected_revenue": _("expected revenue"),
    "currency": _("currency"),
    "created_at": _("created on"),
    "stage_entered_at": _("in this stage since"),
    "close_date": _("closing date"),
    "expected_close": _("expected close"),
    "closed_at": _("closed on"),
    "won_at": _("closed on"),
    "lost_at": _("closed on"),
    "pipeline": _("pipeline"),
    "owner": _("owner"),
    "owner_email": _("owner"),
    "owner_id": _("owner"),
    "manager": _("team leader"),
    "team": _("team"),
    "region": _("team above"),
    "company": _("company"),
    "company_id": _("company"),
    "parent": _("parent company"),
    "parent_id": _("parent company"),
    "product": _("product"),
    "contact_name": _("contact"),
    "contact_id": _("contact"),
    "first_name": _("first name"),
    "last_name": _("last name"),
    "job_title": _("job title"),
    "email": _("e-mail"),
    "phone": _("phone"),
    "mobile": _("mobile phone"),
    "tags": _("tags"),
    "source": _("source"),
    "medium": _("medium"),
    "campaign": _("campaign"),
    "lost_reason": _("lost reason"),
    "industry": _("industry"),
    "employees": _("employees"),
    "annual_revenue": _("annual revenue"),
    "street": _("street"),
    "postal_code": _("postal code"),
    "city": _("city"),
    "country": _("country"),
    "website": _("website"),
    "domain": _("domain"),
    "code": _("code"),
    "list_price": _("list price"),
}

SUBJECTS: dict[str, Any] = {
    Subject.LEAD: _("leads"),
    Subject.COMPANY: _("companies"),
    Subject.PRODUCT: _("products"),
    Subject.USER: _("people of your team"),
    Subject.CONTACT: _("contacts"),
    "": _("left out"),
}


def field_label(name: str) -> str:
    """What a field is called; "" for a column that is not carried over."""
    if name.startswith("entered:"):
        return gettext("entered “%(stage)s”") % {"stage": name.removeprefix("entered:")}
    if name.startswith("custom."):
        return name.removeprefix("custom.")
    owner, _dot, short = name.rpartition(".")
    label = str(LABELS.get(short, short))
    return gettext("company: %(field)s") % {"field": label} if owner == "company" else label


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
