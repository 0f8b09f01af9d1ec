"""A lead's page, its forms, archive and deletion."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.answers import next_address, posted, put_errors, say, written_cause
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.numbers import key_in
from core.requests import Request
from core.timeline import read_timeline, sources_of
from crm.views.merging import gone_to
from pipeline.duplicatelines import LEADS
from pipeline.leadforms import LeadForm
from pipeline.leadpage import PAGE as TIMELINE_PAGE
from pipeline.leadpage import may_change, read_lead_page, visible_lead
from pipeline.leadpanels import timeline_data
from pipeline.leadtimeline import past_of
from pipeline.models import Lead, Stage
from pipeline.services.leads import (
    LeadDraft,
    archive_leads,
    create_lead_with_company,
    delete_leads,
    unarchive_leads,
    update_lead_with_company,
)
from pipeline.views.parts import PAGE, PANEL, here_of, lead_context, opened_at


def show(request: Request, pk: int) -> HttpResponse:
    """The page of a lead."""
    try:
        page = read_lead_page(request.user, pk)
    except NotFound:
        elsewhere = gone_to(Lead, pk)
        if elsewhere is None:
            raise
        return elsewhere
    context = lead_context(request, page, opened_at(request), PAGE)
    return render(request, "pipeline/lead.html", context)


def panel(request: Request, pk: int) -> HttpResponse:
    """The lead beside a board; a fragment, for who opens it in a tab the whole page."""
    if not request.htmx:
        return redirect("lead", pk)
    lead_url = reverse("lead", args=[pk])
    here = request.htmx.current_url_abs_path or lead_url
    page = read_lead_page(request.user, pk, brief=True)
    context = lead_context(request, page, here, PANEL)
    return render(request, "pipeline/lead_panel.html#panel", context)


def timeline(request: Request, pk: int) -> HttpResponse:
    """What happened to a lead, of one kind or of all; as a fragment what follows a place."""
    lead = visible_lead(request.user, pk)
    past = past_of(lead, request.user, offer_undo=may_change(request.user, lead))
    sources = sources_of("lead")
    only = request.GET.get("only", "")
    only = only if only in {source.name for source in sources} else ""
    places = {source.name: request.GET.get(source.name, "")[:60] for source in sources}
    found = read_timeline("lead", past, size=TIMELINE_PAGE, only=only, before=places)
    context = {
        "lead": lead,
        "data": timeline_data(lead, found, only),
        "here": here_of(request, lead.get_absolute_url()),
    }
    fragment = ""
    if request.htmx:
        fragment = "#more" if any(places.values()) else "#timeline"
    return render(request, f"pipeline/lead_timeline.html{fragment}", context)


def new(request: Request) -> HttpResponse:
    """Make a lead; only its title is asked."""
    stage = _stage(request)
    form = LeadForm(posted(request), user=request.user, stage=stage)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        values = {**form.values(), "title": form.cleaned_data["title"]}
        if "owner" not in values:
            values["owner"] = form.cleaned_data["owner"]
        draft = LeadDraft(values=values, stage=form.cleaned_data["stage"] or stage)
        try:
            lead = create_lead_with_company(
                draft=draft, new_company=form.new_company, by=request.user
            )
        except Refused as refused:
            status = put_errors(form, refused)
        else:
            text = _("“%s” is created.") % lead.title
            say(request, text, undo=written_cause(), back=board_address(lead))
            return redirect(lead)
    context = {"form": form, "parts": form.parts(), "stage": stage, "known_url": LEADS.known_url()}
    return render(request, "pipeline/lead_form.html", context, status=status)


def _stage(request: Request) -> Stage | None:
    stages = Stage.objects.active().visible_to(request.user).filter(pipeline__is_active=True)
    stages = stages.select_related("pipeline").order_by("pipeline__sequence", "sequence", "id")
    asked = key_in(request.GET, "stage")
    found = stages.filter(pk=asked).first() if asked else None
    pipeline = key_in(request.GET, "pipeline")
    if found is None and pipeline:
        found = stages.filter(pipeline=pipeline).first()
    return found or stages.first()


def edit(request: Request, pk: int) -> HttpResponse:
    """Edit a lead. What somebody else changed meanwhile is said before it is written over."""
    lead = visible_lead(request.user, pk)
    if not may_change(request.user, lead):
        raise NotAllowed(_("You can see this lead, but not change it."))
    form = LeadForm(posted(request), user=request.user, lead=lead)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            update_lead_with_company(
                lead=pk,
                values=form.values(),
                new_company=form.new_company,
                by=request.user,
                expected_version=form.cleaned_data["version"],
            )
        except Refused as refused:
            status = put_errors(form, refused)
        except Conflict as conflict:
            status = put_errors(form, conflict)
            form.add_error(None, _("Your input is kept below. Saving again writes it over."))
            form.use_version(lead.version)
        else:
            say(request, _("Saved."), undo=written_cause())
            return redirect(lead)
    context = {"form": form, "parts": form.parts(), "lead": lead, "known_url": LEADS.known_url(pk)}
    return render(request, "pipeline/lead_form.html", context, status=status)


@require_POST
def archive(request: Request, pk: int) -> HttpResponse:
    """Put a lead away, or bring it back."""
    lead = visible_lead(request.user, pk)
    if lead.archived_at is None:
        archive_leads(leads=[pk], by=request.user)
        say(request, _("“%s” is archived.") % lead.title, undo=written_cause())
    else:
        unarchive_leads(leads=[pk], by=request.user)
        say(request, _("“%s” is back from the archive.") % lead.title, undo=written_cause())
    return redirect(next_address(request, lead.get_absolute_url()))


def delete(request: Request, pk: int) -> HttpResponse:
    """Ask, then delete a lead with what hangs on it."""
    lead = visible_lead(request.user, pk)
    if not may_change(request.user, lead):
        raise NotAllowed(_("You can see this lead, but not change it."))
    if request.method != "POST":
        return dialog(request, "pipeline/lead_delete.html", {"lead": lead})
    delete_leads(leads=[pk], by=request.user)
    text = _("“%s” is deleted.") % lead.title
    say(request, text, undo=written_cause(), back=lead.get_absolute_url())
    return redirect("board", lead.pipeline_id)


def dialog(
    request: Request, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A form as a page of its own, or alone when it is shown inside a dialog."""
    name = f"{template}#form" if request.htmx else template
    return render(request, name, {**context, "in_dialog": bool(request.htmx)}, status=status)


def board_address(lead: Lead) -> str:
    """The board that a lead stands on."""
    return reverse("board", args=[lead.pipeline_id])
