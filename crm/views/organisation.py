"""What holds for the organisation, on one page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from core.answers import posted, put_errors, say, written_cause
from core.errors import Conflict, NotAllowed, Refused
from core.requests import Request
from crm.organisationforms import OrganisationForm, read_organisation
from crm.services.organisation import set_organisation


def organisation(request: Request) -> HttpResponse:
    """Show and change it."""
    if not request.user.is_manager:
        raise NotAllowed(_("Settings are for managers."))
    form = OrganisationForm(posted(request), instance=read_organisation())
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            set_organisation(
                values=form.values(),
                by=request.user,
                expected_version=form.cleaned_data["version"],
            )
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            say(request, _("Saved."), undo=written_cause())
            return redirect("organisation")
    return render(request, "crm/organisation.html", {"form": form}, status=status)
