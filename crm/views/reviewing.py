"""Going through the records that are likely one and the same: merge them, or tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.answers import go_to, next_address, say, with_toast, written_cause
from core.errors import NotFound
from core.lists import address
from core.merging import MOST
from core.numbers import key_in
from core.requests import Request
from core.views.lists import Chip
from crm.duplicatelines import Facts, Kind, queues
from crm.reviewing import Entry, read_page
from crm.services.distinct import take_together, tell_apart

if TYPE_CHECKING:
    from crm.models import User

#: Pairs that were told apart, shown at once.
PAIRS = 40


@dataclass(frozen=True, slots=True)
class Fact:
    """A value of a record beside the others': whether another one has it too."""

    label: Any
    value: str
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Card:
    """A record of an entry; `is_picked` are those that a merge would begin with."""

    pk: int
    url: str
    title: str
    facts: Sequence[Fact]
    is_picked: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as it is printed. Of two nothing is picked; of several the person picks."""

    cards: Sequence[Card]
    why: str
    strength: str
    is_sure: bool
    may_merge: bool
    may_part: bool

    @property
    def is_pair(self) -> bool:
        """Whether there are just two."""
        return len(self.cards) == 2


def index(request: Request, many: str = "") -> HttpResponse:
    """A page of the queue of one kind of record, or of what was told apart."""
    kind = _kind(many)
    show = request.GET.get("show", "")
    is_apart = show == "apart"
    context: dict[str, Any] = {
        "kind": kind,
        "tabs": [Chip(str(each.label), each.queue_url, each is kind) for each in queues()],
        "chips": [
            Chip(_("To go through"), kind.queue_url, not is_apart),
            Chip(_("Told apart"), f"{kind.queue_url}?show=apart", is_apart),
        ],
        "is_apart": is_apart,
    }
    context |= _pairs(request, kind) if is_apart else _queue(request, kind)
    part = "rows" if request.htmx and ("after" in request.GET or "before" in request.GET) else ""
    return render(request, "crm/review.html" + (f"#{part}" if part else ""), context)


def _kind(many: str) -> Kind:
    kinds = queues()
    kind = next((each for each in kinds if each.many == many), None) if many else kinds[0]
    if kind is None:
        raise NotFound(_("There is no such page."))
    return kind


def _queue(request: Request, kind: Kind) -> dict[str, Any]:
    page = read_page(kind.review, request.user, after=request.GET.get("after", "")[:2000])
    return {
        "entries": _shown(kind, page.entries, request.user),
        "more": address(request.GET, after=page.next) if page.next else "",
        "is_first": "after" not in request.GET,
    }


def _shown(kind: Kind, entries: Sequence[Entry], user: User) -> list[Shown]:
    records = [record for entry in entries for record in entry.records]
    facts = kind.facts(records) if records else {}
    keys = [record.pk for record in records]
    owned: Any = kind.review.pairs.of_what().objects
    changeable = owned.changeable_by(user).filter(pk__in=keys) if keys else owned.none()
    may = set(keys) if user.is_manager else set(changeable.values_list("pk", flat=True))
    found = []
    for entry in entries:
        if len(entry.records) < 2:
            continue
        out = sum(record.pk not in may for record in entry.records)
        shared = _shared([facts[record.pk] for record in entry.records])
        found.append(
            Shown(
                cards=[
                    _card(record, facts[record.pk], shared, place < MOST)
                    for place, record in enumerate(entry.records)
                ],
                why=", ".join(entry.match.words),
                strength=entry.match.strength_words,
                is_sure=entry.match.is_sure,
                may_merge=out == 0,
                may_part=out < 2,
            )
        )
    return found


def _shared(facts: Sequence[Facts]) -> set[tuple[str, str]]:
    """What stands in more than one of the records; whose they are and since when says nothing."""
    counted = Counter((str(label), value) for each in facts for label, value in each[:-2] if value)
    return {fact for fact, count in counted.items() if count > 1}


def _card(record: Any, facts: Facts, shared: set[tuple[str, str]], is_picked: bool) -> Card:
    told = [Fact(label, value, (str(label), value) in shared) for label, value in facts if value]
    return Card(record.pk, record.get_absolute_url(), str(record), told, is_picked)


def _pairs(request: Request, kind: Kind) -> dict[str, Any]:
    """What was told apart, the latest first."""
    pairs: Any = kind.review.pairs.objects
    found = pairs.visible_to(request.user).for_list().order_by("-pk")
    before = key_in(request.GET, "before")
    if before is not None:
        found = found.filter(pk__lt=before)
    page = list(found[: PAIRS + 1])
    last = page[PAIRS - 1].pk if len(page) > PAIRS else None
    shown = page[:PAIRS]
    mine = pairs.changeable_by(request.user).filter(pk__in=[pair.pk for pair in shown])
    return {
        "pairs": shown,
        "may": set(mine.values_list("pk", flat=True)),
        "more": address(request.GET, before=str(last)) if last else "",
        "is_first": before is None,
    }


@require_POST
def decide(request: Request, many: str) -> HttpResponse:
    """Merge the records that were chosen, tell them apart, or take that back."""
    kind = _kind(many)
    ids = [
        int(text) for text in request.POST.getlist("id")[:50] if text.isdigit() and len(text) < 19
    ]
    deed = request.POST.get("deed", "")
    if deed == "merge":
        return go_to(request, kind.merge_address(ids))
    model = kind.review.pairs
    if deed == "together":
        take_together(model=model, ids=ids, by=request.user)
        text = _("They may be duplicates again.")
    else:
        tell_apart(model=model, ids=ids, by=request.user)
        text = ngettext(
            "Remembered: they are no duplicates of each other.",
            "Remembered: these %(n)d are no duplicates of each other.",
            len(ids) - 1,
        ) % {"n": len(ids)}
    if request.htmx:
        return with_toast(HttpResponse(), text, undo=written_cause())
    say(request, text, undo=written_cause())
    return redirect(next_address(request, kind.queue_url))
