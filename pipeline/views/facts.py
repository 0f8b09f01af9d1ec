"""Editing a lead where its facts stand: one fact, a chip, the stars, its people, its owner."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import posted, put_errors
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.forms import now_there
from core.requests import Request
from crm.models import CustomField, User
from pipeline.cells import save_facts
from pipeline.leadforms import FACTS, FactForm
from pipeline.leadpage import may_change, visible_lead
from pipeline.models import Lead
from pipeline.services.leads import update_lead
from pipeline.views.parts import answer, answer_refusal, here_of, lead_part, place_of

#: What a click on a chip may turn, and what each value means.
TURNED = {"decision": "decision_maker_known", "fit": "company_fit"}
YES_NO = {"true": True, "false": False, "none": None}


def changeable(user: User, pk: int) -> Lead:
    """A lead that the person may edit."""
    lead = visible_lead(user, pk)
    if not may_change(user, lead):
        raise NotAllowed(_("You can see this lead, but not change it."))
    return lead


def fact(request: Request, pk: int, name: str) -> HttpResponse:
    """The form of one fact in its place, and what it sends."""
    if "read" in request.GET:
        return lead_part(request, pk)
    lead, definition = changeable(request.user, pk), _definition(name)
    if not request.htmx and request.method != "POST":
        return redirect(f"{reverse('lead-edit', args=[pk])}#id_{FACTS.get(name, (name,))[0]}")
    if request.method == "POST" and name in TURNED and "turn" in request.POST:
        return _turn(request, pk, name)
    form = FactForm(
        posted(request),
        user=request.user,
        lead=lead,
        names=FACTS.get(name, ()),
        definitions=[definition] if definition is not None else [],
    )
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            save_facts(form, lead, request.user)
        except Refused as refused:
            status = put_errors(form, refused)
        except Conflict as conflict:
            status = put_errors(form, conflict)
            form.add_error(None, now_there(form, "make_company"))
            form.use_version(lead.version)
        else:
            return answer(request, pk, _("Saved."))
    context = {
        "form": form,
        "action": request.path,
        "place": place_of(request),
        "here": here_of(request, lead.get_absolute_url()),
    }
    answered = render(request, "pipeline/lead_fact.html#form", context, status=status)
    if request.method == "POST":
        answered["HX-Retarget"] = f'[data-fact="{name}"]'
        answered["HX-Reswap"] = "innerHTML"
    return answered


def _definition(name: str) -> CustomField | None:
    if name in FACTS:
        return None
    key = name.removeprefix("custom.")
    found = None
    if key != name and key.isidentifier():
        found = CustomField.objects.filter(subject="pipeline.lead", is_active=True, key=key).first()
    if found is None:
        raise NotFound(_("There is no such field."))
    return found


def _turn(request: Request, pk: int, name: str) -> HttpResponse:
    """Set a chip to what was clicked."""
    value = request.POST["turn"]
    try:
        if value not in YES_NO:
            raise Refused(_("That is neither yes nor no."))
        update_lead(lead=pk, values={TURNED[name]: YES_NO[value]}, by=request.user)
    except (Refused, Conflict) as refused:
        return answer_refusal(request, pk, refused)
    return answer(request, pk, _("Saved."))


@require_POST
def stars(request: Request, pk: int) -> HttpResponse:
    """Set the priority by hand, or take it back."""
    visible_lead(request.user, pk)
    wanted = request.POST.get("stars", "")
    if wanted not in ("none", "0", "1", "2", "3"):
        raise Refused(_("A priority is between 0 and 3 stars."))
    value = None if wanted == "none" else int(wanted)
    try:
        update_lead(lead=pk, values={"stars_manual": value}, by=request.user)
    except (Refused, Conflict) as refused:
        return answer_refusal(request, pk, refused)
    return answer(request, pk, _("Saved."))
