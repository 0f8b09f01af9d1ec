"""How a page answers after it did something: where to go next, a toast in words, and Undo."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import Conflict, Refused
from core.ledger.causes import current_cause
from core.ledger.tables import Cause


def written_cause() -> UUID | None:
    """The cause of this request, if anything was written under it: what its toast can undo."""
    cause = current_cause()
    if cause is None or not Cause.objects.filter(pk=cause.id).exists():
        return None
    return cause.id


def say(request: HttpRequest, text: Any, *, undo: UUID | None = None, back: str = "") -> None:
    """Show `text` as a toast on the next page, with Undo when a cause is given.

    `back` is where Undo leads, when the page that shows the toast goes with it.
    """
    tags = [f"undo:{undo}"] if undo else []
    if back:
        tags.append(f"back:{back}")
    messages.success(request, str(text), extra_tags=" ".join(tags))


def with_toast(
    response: HttpResponse,
    text: Any,
    *,
    kind: str = "done",
    undo: UUID | None = None,
    act: str = "",
    act_text: str = "",
) -> HttpResponse:
    """The answer to a request by script, with a toast that the page shows.

    `act` is the address of something that may be done next, `act_text` its words.
    """
    toast = {"text": str(text), "kind": kind, "undo": str(undo) if undo else ""}
    if act:
        toast |= {"act": act, "actText": act_text}
    return with_event(response, "relance:toast", toast)


def with_event(response: HttpResponse, name: str, detail: Any) -> HttpResponse:
    """The answer to a request by script, with one more event for the page."""
    events = json.loads(response.get("HX-Trigger", "{}"))
    response["HX-Trigger"] = json.dumps({**events, name: detail})
    return response


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: the fields that were sent, though there be none; None for a GET."""
    return request.POST if request.method == "POST" else None


def next_address(request: HttpRequest, otherwise: str) -> str:
    """Where the person came from, when the form says so and it is an address of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else otherwise


def go_to(request: HttpRequest, address: str) -> HttpResponse:
    """Open another page, also when the request came from a form inside a dialog."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def put_errors(form: BaseForm, error: Refused | Conflict) -> int:
    """Write a service's refusal beside the fields that it names; returns the HTTP status."""
    named = getattr(error, "fields", {})
    rest = True
    for name, texts in named.items():
        if name in form.fields:
            form.add_error(name, texts)
            rest = False
    if rest or not named:
        form.add_error(None, error.message)
    return 409 if isinstance(error, Conflict) else 422
