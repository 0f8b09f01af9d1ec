"""The people on a lead, who works on it, and making an opportunity of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import go_to, posted, put_errors, say, written_cause
from core.errors import Conflict, Refused
from core.folding import fold
from core.requests import Request
from crm.models import Contact
from pipeline.leadpage import visible_lead
from pipeline.peopleforms import AssignForm, ConvertForm, PersonForm
from pipeline.services.assignment import KEEP, assign_lead
from pipeline.services.conversion import convert_lead, propose_conversion
from pipeline.services.people import add_person, put_contact, remove_contact
from pipeline.views.facts import changeable
from pipeline.views.leads import dialog
from pipeline.views.parts import answer, answer_refusal, here_of, place_of

SUGGESTIONS = 8


def people(request: Request, pk: int) -> HttpResponse:
    """Ask who is to stand on a lead, and put them there."""
    lead = changeable(request.user, pk)
    first = {"name": lead.contact_name, "email": lead.email, "phone": lead.phone}
    has_some = lead.lead_contacts.exists()
    form = PersonForm(posted(request), lead=pk, initial=None if has_some else first)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        contact, role = given.pop("contact"), given.pop("role")
        try:
            person = add_person(lead=pk, contact=contact, values=given, role=role, by=request.user)
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            return answer(request, pk, _("“%s” is on this lead.") % person.contact)
    context = {
        "form": form,
        "lead": lead,
        "place": place_of(request),
        "here": here_of(request, lead.get_absolute_url()),
    }
    name = "pipeline/lead_person.html" + ("#form" if request.htmx else "")
    answered = render(request, name, context, status=status)
    if request.htmx and request.method == "POST":
        answered["HX-Retarget"] = "[data-person-form]"
        answered["HX-Reswap"] = "outerHTML"
    return answered


def contacts(request: Request, pk: int) -> HttpResponse:
    """The contacts whose name holds what was typed, as choices under the field."""
    lead = changeable(request.user, pk)
    key = fold(request.GET.get("name", ""))[:150]
    found = Contact.objects.none()
    if len(key) > 1:
        found = (
            Contact.objects.visible_to(request.user)
            .active()
            .filter(name_key__contains=key)
            .exclude(pk__in=lead.lead_contacts.values("contact"))
            .select_related("company")
            .order_by("name_key", "id")[:SUGGESTIONS]
        )
    return render(request, "pipeline/lead_person.html#options", {"contacts": found})


@require_POST
def person(request: Request, pk: int, contact: int) -> HttpResponse:
    """Give somebody on a lead a role, make them the main contact, or take them off."""
    visible_lead(request.user, pk)
    try:
        if "remove" in request.POST:
            remove_contact(lead=pk, contact=contact, by=request.user)
            return answer(request, pk, _("Taken off this lead."))
        if "main" in request.POST:
            put_contact(lead=pk, contact=contact, by=request.user, is_main=True)
        else:
            role = request.POST.get("role", "")
            put_contact(
                lead=pk, contact=contact, by=request.user, role="" if role == "none" else role
            )
    except (Refused, Conflict) as refused:
        return answer_refusal(request, pk, refused)
    return answer(request, pk, _("Saved."))


def assign(request: Request, pk: int) -> HttpResponse:
    """Ask who works on a lead, and give it to them."""
    lead = changeable(request.user, pk)
    initial = {"owner": lead.owner_id, "version": lead.version}
    form = AssignForm(posted(request), initial=initial)
    status = 422 if form.errors else 200
    here = here_of(request, lead.get_absolute_url())
    if request.method == "POST" and form.is_valid():
        owner, team = form.cleaned_data["owner"], form.cleaned_data["team"]
        try:
            given = assign_lead(
                lead=pk,
                owner=owner.pk if owner else None,
                team=team.pk if team else KEEP,
                by=request.user,
                expected_version=form.cleaned_data["version"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            words = {"lead": given.title, "owner": owner or _("nobody")}
            say(request, _("“%(lead)s” is with %(owner)s.") % words, undo=written_cause())
            return go_to(request, here)
    context = {"form": form, "lead": lead, "here": here}
    return dialog(request, "pipeline/lead_assign.html", context, status=status)


def convert(request: Request, pk: int) -> HttpResponse:
    """Tell what converting a lead links and makes, and do it."""
    lead = changeable(request.user, pk)
    here = here_of(request, lead.get_absolute_url())
    proposal = propose_conversion(lead=pk, by=request.user)
    form = ConvertForm(posted(request), proposal=proposal, version=lead.version)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            made = convert_lead(
                lead=pk,
                by=request.user,
                create_contact=chosen.get("create_contact", False),
                create_company=chosen.get("create_company", False),
                expected_version=chosen["version"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            say(request, _("“%s” is an opportunity now.") % made.title, undo=written_cause())
            return go_to(request, here)
    context = {"form": form, "lead": lead, "proposal": proposal, "here": here}
    return dialog(request, "pipeline/lead_convert.html", context, status=status)
