"""The tags of a contact or company, put on and taken off on its page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.answers import say, with_event, with_toast, written_cause
from core.errors import Refused
from core.numbers import key_in
from core.requests import Request
from crm.models import Tag
from crm.services.tagging import set_tags
from crm.services.tags import get_or_make_tags
from crm.views.records import Door

#: So many names are suggested.
SUGGESTED = 500


def tagging(door: Door) -> Callable[..., HttpResponse]:
    """The view for contacts or companies; `door` is that of their pages."""

    @require_http_methods(["GET", "POST"])
    def tags(request: Request, pk: int) -> HttpResponse:
        """Put a tag on, known or new, by its name; or take one off. The names that there are, for
        the list under the field."""
        record = door.changeable(request, pk)
        if request.method == "GET":
            names = Tag.objects.order_by("name_key").values_list("name", flat=True)[:SUGGESTED]
            options = format_html_join("", '<option value="{}"></option>', ((n,) for n in names))
            return HttpResponse(options)
        gone, name = key_in(request.POST, "remove"), request.POST.get("name", "")
        added = get_or_make_tags(names=[name], by=request.user)
        if gone is None and not added:
            raise Refused(_("Choose a tag."))
        set_tags(
            model=type(record),
            ids=[pk],
            by=request.user,
            add=[tag.pk for tag in added],
            remove=[] if gone is None else [gone],
        )
        text = _("Tag taken off.") if gone is not None else _("Tag added.")
        if not request.htmx:
            say(request, text, undo=written_cause())
            return redirect(door.name, pk)
        answered = with_toast(HttpResponse(), text, undo=written_cause())
        return with_event(answered, "relance:changed", {"focus": "tags"})

    return tags
