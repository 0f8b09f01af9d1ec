"""What is held on a person: shown, handed over as a file, erased; and what was done."""

from __future__ import annotations

from django import forms
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from core.answers import posted, put_errors, say
from core.errors import NotAllowed, Refused
from core.forms import Styled
from core.requests import Request
from crm.models import PrivacyRecord
from crm.recordpage import visible_contact
from crm.services.privacy import erase_person, export_person, held_on

#: Deeds that the log shows.
LOGGED = 200


class EraseForm(Styled):
    """What an erasure asks for."""

    request = forms.CharField(
        label=gettext_lazy("Request"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Such as the number of a ticket; it is kept in the log."),
    )
    elsewhere = forms.BooleanField(
        label=gettext_lazy("Erase the full name in all other records too"), required=False
    )
    typed = forms.CharField(
        label=gettext_lazy("Type the name to confirm"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _require(request: Request) -> None:
    if not request.user.is_manager:
        raise NotAllowed(_("Only managers may see what is held on a person."))


def show(request: Request, pk: int) -> HttpResponse:
    """What is held on the person behind a contact; POST erases it."""
    _require(request)
    contact = visible_contact(request.user, pk)
    form = EraseForm(posted(request))
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        try:
            erase_person(contact=pk, by=request.user, **form.cleaned_data)
        except Refused as refused:
            status = put_errors(form, refused)
        else:
            say(request, _("The personal data are erased."))
            return redirect("privacy-log")
    person, held = held_on(contact)
    context = {
        "record": contact,
        "person": {
            _("Names"): sorted(person.names),
            _("E-mail addresses"): sorted(person.emails),
            _("Numbers"): sorted(person.phones),
        },
        "held": [(kind.label, len(kind.rows)) for kind in held],
        "form": form,
    }
    return render(request, "crm/privacy.html", context, status=status)


@require_POST
def export(request: Request, pk: int) -> HttpResponse:
    """All that is held on the person as one file."""
    _require(request)
    found = export_person(
        contact=pk, by=request.user, request=request.POST.get("request", "")[:200]
    )
    answer = JsonResponse(found, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="person-{pk}.json"'
    return answer


def log(request: Request) -> HttpResponse:
    """What was exported and erased, when and by whom."""
    _require(request)
    records = PrivacyRecord.objects.select_related("by")[:LOGGED]
    return render(request, "crm/privacy_log.html", {"records": records})
