"""Contacts: list, page, forms."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.lists import BATCH, View
from core.requests import Request
from core.views.cells import register_editor
from core.views.conditions import build_url, register_built
from core.views.lists import Frame
from crm.bulk import CONTACT_DEEDS, offered
from crm.filters import ContactFilters
from crm.lists import CONTACTS
from crm.models import Contact
from crm.recordforms import ContactForm
from crm.recordpage import contact_page, visible_contact
from crm.savedviews import read_menu
from crm.services.contacts import archive_contact, delete_contact, unarchive_contact
from crm.services.people import save_contact
from crm.vcard import card_of
from crm.views.filtering import Filtering, tabs
from crm.views.records import Door


def _records(request: Request, query: QueryDict) -> tuple[Any, Frame]:
    filtering = Filtering(request, ContactFilters, "crm.contact", query)
    records = filtering.apply(Contact.objects.visible_to(request.user))
    frame = Frame(
        title=_("Contacts"),
        icon="address-book",
        find_label=_("Find a name or an e-mail address"),
        new_url=reverse("contact-new"),
        new_label=_("New contact"),
        empty_text=_(
            "No contacts yet. Contacts are the people that you sell to; leads remember whom "
            "you talk to."
        ),
        counted=lambda n, shown: ngettext("%(n)s contact", "%(n)s contacts", n) % {"n": shown},
        text=filtering.text,
        is_narrowed=filtering.is_narrowed,
        chips=filtering.chips(),
        told=filtering.told(),
        tabs=tabs("contacts"),
        problems=filtering.problems,
        filter_url=build_url(CONTACTS.name, request.path, query),
        views=lambda shown: read_menu(
            request.user, CONTACTS.name, query, path=request.path, query=shown
        ),
        files=[("vcf", _("vCards"))],
        deeds=offered(CONTACT_DEEDS, is_archive=filtering.is_archive),
    )
    return records, frame


register_built(CONTACTS.name, "crm.contact", lambda request, query: _records(request, query)[0])


def card(request: Request, pk: int) -> HttpResponse:
    """A contact as a vCard, for a telephone or a mail program."""
    contact = visible_contact(request.user, pk)
    name = f"{contact.name.replace('/', '-')}.vcf"
    answer = HttpResponse(card_of(contact), content_type="text/vcard; charset=utf-8")
    answer["Content-Disposition"] = str(content_disposition_header(True, name))
    return answer


def _cards(records: Any, view: View) -> HttpResponseBase:
    """All contacts of a list or selection as one file, in their order, read bit by bit."""
    ordered = (
        records.for_list()
        .prefetch_related("points")
        .order_by(*(key.expression() for key in view.keys))
    )
    flow = map(card_of, ordered.iterator(chunk_size=BATCH))
    answer = StreamingHttpResponse(flow, content_type="text/vcard; charset=utf-8")
    answer["Content-Disposition"] = (
        f'attachment; filename="{CONTACTS.name}-{timezone.localdate()}.vcf"'
    )
    return answer


def _save(*, named: str | None, record: int | None = None, **options: Any) -> Contact:
    return save_contact(contact=record, company_name=named, **options)


def _words() -> dict[str, str]:
    return {
        "list": _("Contacts"),
        "new_title": _("New contact"),
        "create": _("Create the contact"),
        "needed": _("Only the name is needed."),
        "stays": _("Leads stay; the contact is taken off them."),
    }


DOOR = Door(
    name="contact",
    listing=CONTACTS,
    form=ContactForm,
    page=contact_page,
    visible=visible_contact,
    records=_records,
    save=_save,
    archive=lambda pk, by: archive_contact(contact=pk, by=by),
    unarchive=lambda pk, by: unarchive_contact(contact=pk, by=by),
    delete=lambda pk, by: delete_contact(contact=pk, by=by),
    deeds=CONTACT_DEEDS,
    words=_words,
    form_template="crm/contact_form.html",
    files={"vcf": _cards},
)

register_editor(CONTACTS, DOOR.editor)
