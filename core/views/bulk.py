"""The dialog of what is done to many records at once: the same for lists and boards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.answers import go_to, posted, put_errors, say
from core.bulk import Chosen, Deed, Opening, Selection, shown
from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.lists import address
from core.requests import Request

#: Answers what was done: the records, the words, and the cause (None: nothing had to be changed).
Done = Callable[[list[int], str, Any], HttpResponse]


def deed_named[Named: Deed | Opening](deeds: Mapping[str, Named], name: str) -> Named:
    """A deed by its name."""
    if name not in deeds:
        raise NotFound(_("There is no such page."))
    return deeds[name]


def do_bulk(
    request: Request,
    deed: Deed,
    chosen: Chosen,
    *,
    hidden: Sequence[tuple[str, str]],
    about: Mapping[str, Any],
    back: str,
    done: Done,
) -> HttpResponse:
    """Ask what is to be done to the records, then do it to all of them or to none.

    Where some may only be seen, the others are offered; nothing is done before that is accepted.
    """
    ids, all_of_them = chosen.open_to(deed), len(chosen.ids)
    count = {"n": shown(len(ids)), "of": shown(all_of_them)}
    if not ids:
        raise NotAllowed(_("You may change none of these records. Nothing was done."))
    some = len(ids) < all_of_them
    if some and request.method == "POST" and "only" not in request.POST:
        raise NotAllowed(
            _("You may change %(n)s of these %(of)s records. Nothing was done.") % count
        )
    form = deed.form(posted(request), user=request.user, **about)
    status = 422 if form.errors else 200
    if request.method == "POST" and form.is_valid():
        text = deed.says(len(ids)) % count
        try:
            with because(Kind.BULK_EDIT, by=request.user, label=text) as cause:
                deed.do(ids, form, request.user)
        except (Refused, Conflict) as refused:
            status = put_errors(form, refused)
        else:
            if Cause.objects.filter(pk=cause.id).exists():
                return done(ids, text, cause.id)
            return done(ids, _("Nothing had to be changed."), None)
    context = {
        "form": form,
        "deed": deed,
        "heading": deed.asks(len(ids)) % count,
        "button": deed.button(),
        "note": deed.note() if deed.note else "",
        "hidden": hidden,
        "back": back,
        "in_dialog": bool(request.htmx),
    }
    if some:
        context["some"] = _("You may change %(n)s of these %(of)s records.") % count
        context["some_button"] = _("Do it to the %(n)s that I may change") % count
    name = "core/bulk.html" + ("#form" if request.htmx else "")
    return render(request, name, context, status=status)


def bulk_on_list(
    request: Request,
    deed: Deed | Opening,
    chosen: Chosen,
    selection: Selection,
    *,
    list_url: str,
    about: Mapping[str, Any],
) -> HttpResponse:
    """The same for what was selected on a list, which is shown again with a toast; or a page is
    opened for it."""
    if isinstance(deed, Opening):
        return go_to(request, deed.opens(chosen.ids))
    back = list_url + address(selection.filter, after=None).rstrip("?")

    def done(_ids: list[int], text: str, cause: Any) -> HttpResponse:
        say(request, text, undo=cause)
        return go_to(request, back)

    return do_bulk(
        request, deed, chosen, hidden=selection.hidden(), about=about, back=back, done=done
    )
