"""The page on which several records become one: which stays, and whose value wins of each field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from core.answers import say
from core.errors import Conflict, NotAllowed, Refused
from core.merging import Choice, cause_of_merge, coming_along, merged_into
from core.numbers import key_in
from core.requests import Request
from crm.duplicatelines import COMPANIES, CONTACTS, Kind
from crm.models import Company, Contact
from crm.services.merging import merge_companies, merge_contacts, plan, read_merge

if TYPE_CHECKING:
    from crm.models import User

#: Before the name of a group, in the form.
CHOOSE = "choose-"


@dataclass(frozen=True)
class Merging:
    """What differs between the kinds of records that are merged."""

    kind: Kind
    model: Any
    read: Callable[[Sequence[int], User, int | None], list[Any]]
    plan: Callable[[Sequence[Any], Mapping[str, str]], list[Choice]]
    merge: Callable[..., Any]

    def routes(self, many: str) -> list[URLPattern]:
        """The address of the page; `many` is where the list of the records stands."""
        return [path(f"{many}/merge/", self.page, name=f"{self.kind.name}-merge")]

    def page(self, request: Request) -> HttpResponse:
        """Show every field with the value that wins; merge when the choice is sent."""
        data = request.POST if request.method == "POST" else request.GET
        ids = [int(text) for text in data.getlist("id")[:50] if text.isdigit() and len(text) < 19]
        head = key_in(data, "head")
        error, status = "", 200
        if request.method == "POST":
            try:
                merged = self.merge(
                    ids=ids,
                    by=request.user,
                    head=head,
                    choices=_choices(request),
                    versions=_versions(request, ids),
                )
            except Conflict as conflict:
                error, status = conflict.message, 409
            else:
                cause = cause_of_merge(merged, request.user)
                text = _("Merged into “%s”.") % merged
                say(request, text, undo=cause.pk if cause else None)
                return redirect(merged)
        try:
            records = self.read(ids, request.user, head)
        except Refused as refused:
            return render(request, "crm/merge.html", {"error": refused.message}, status=422)
        self.check_changeable(records, request.user)
        choices = self.plan(records, _choices(request))
        context = {
            "error": error,
            "cards": self._cards(records),
            "head": records[0],
            "open": [_asked(choice, records) for choice in choices if choice.differs],
            "settled": [_settled(choice) for choice in choices if not choice.differs],
            "coming": [f"{name}: {count}" for name, count in coming_along(records[1:]).items()],
        }
        return render(request, "crm/merge.html", context, status=status)

    def check_changeable(self, records: Sequence[Any], user: User) -> None:
        """Refuse unless `user` may change each of the records."""
        keys = {record.pk for record in records}
        may = self.model.objects.changeable_by(user).filter(pk__in=keys)
        if not user.is_manager and may.values("pk").distinct().count() < len(keys):
            raise NotAllowed(_("To merge records, you have to be able to change each of them."))

    def _cards(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        """The records, each with the address that makes it the one that stays."""
        here = reverse(f"{self.kind.name}-merge")
        ids = [record.pk for record in records]
        return [
            {
                "record": record,
                "where": " · ".join(str(part) for part in self.kind.where(record) if part),
                "head_url": f"{here}?{urlencode({'id': ids, 'head': record.pk}, doseq=True)}",
            }
            for record in records
        ]


def _choices(request: Request) -> dict[str, str]:
    return {
        name.removeprefix(CHOOSE): str(value)
        for name, value in request.POST.items()
        if name.startswith(CHOOSE)
    }


def _versions(request: Request, ids: Sequence[int]) -> dict[int, int]:
    found = {pk: key_in(request.POST, f"version-{pk}") for pk in ids}
    return {pk: version for pk, version in found.items() if version is not None}


def _asked(choice: Choice, records: Sequence[Any]) -> dict[str, Any]:
    """A group whose values differ, as a question."""
    group = choice.group
    options = [
        {
            "value": record.pk,
            "text": choice.texts[record.pk],
            "of": "" if choice.texts[record.pk] == str(record) else record,
        }
        for record in records
        if choice.texts[record.pk]
    ]
    more = ""
    if group.rule == "join":
        more = _("All of them, one after the other")
    elif group.summable:
        more = _("Add them up")
    if more:
        options.append({"value": "all", "text": more, "of": ""})
    return {
        "name": CHOOSE + group.name,
        "label": group.label,
        "options": options,
        "winner": choice.winner,
        "note": _("Amounts are not added up unless you say so. The others stay in the history.")
        if group.summable
        else "",
    }


def _settled(choice: Choice) -> dict[str, Any]:
    """A group in which nothing contradicts, with the value that the one record gets."""
    texts = [text for text in choice.texts.values() if text]
    return {"label": choice.group.label, "text": texts[0] if texts else ""}


def gone_to(model: Any, pk: int) -> HttpResponse | None:
    """Where a record went that was merged into another; None when it was not."""
    into = merged_into(model, pk)
    return None if into is None else redirect(model(pk=into).get_absolute_url())


MERGINGS = {
    "contact": Merging(
        CONTACTS,
        Contact,
        lambda ids, by, head: read_merge(model=Contact, ids=ids, by=by, head=head),
        lambda records, choices: plan(Contact, records, choices),
        merge_contacts,
    ),
    "company": Merging(
        COMPANIES,
        Company,
        lambda ids, by, head: read_merge(model=Company, ids=ids, by=by, head=head),
        lambda records, choices: plan(Company, records, choices),
        merge_companies,
    ),
}
