"""The face of a card: every text on it made ready, so that its template only prints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, pgettext

from core.money import format_money
from core.templatetags.relance import colour_of, percent_text, sprite, stars
from pipeline.cards import Card
from pipeline.models import Lead
from pipeline.words import day_text, days_text, due_text


@dataclass(frozen=True, slots=True)
class StepFace:
    """The next step: how urgent, its icon's address, its words."""

    state: str
    icon: str
    words: str


@dataclass(slots=True)
class Face:
    """A card as it is printed. `after` and `gone` tell a page where a moved card goes."""

    pk: int
    version: int
    stage: int
    url: str
    title: str
    amount: str
    no_amount: str
    whom: str
    owner: SafeString
    step: StepFace | None
    tag: str
    tags: str
    has_row: bool
    stars: SafeString
    points: str
    probability: str
    close: str
    close_late: bool
    age: str
    age_late: bool
    movable: bool
    move_label: str
    move_icon: str
    after: int | str | None = None
    gone: bool = False


class Faces:
    """Makes faces in one language at one moment."""

    def __init__(self, stages: Sequence[Any], movable: Collection[int], now: dt.datetime) -> None:
        self.now, self.today = now, timezone.localdate(now)
        self.language = get_language() or "en"
        self.movable = movable
        self.limits = {stage.pk: stage.days_max for stage in stages}
        self.no_amount = gettext("amount?")
        self.move = gettext("Move “%(lead)s”…")
        self.none = StepFace("none", self.icon("calendar-plus"), gettext("No next step"))
        self.nobody = format_html(
            '<span class="who who-none" role="img" aria-label="{}">–</span>', gettext("Nobody")
        )
        self.owners: dict[int, SafeString] = {}
        self.stars = [stars(count) for count in range(4)]
        self.base = reverse("lead", args=[0]).replace("0/", "")

    @staticmethod
    def icon(name: str) -> str:
        """The address of an icon."""
        return f"{sprite()}#{name}"

    def of(self, card: Card) -> Face:
        """The face of a card."""
        is_open = card.status == "open"
        close, late = self._close(card)
        return Face(
            pk=card.id,
            version=card.version,
            stage=card.stage,
            url=f"{self.base}{card.id}/",
            title=card.title,
            amount=format_money(card.amount, card.currency, self.language),
            no_amount=self.no_amount,
            whom=" · ".join(name for name in (card.company, card.contact) if name) or "–",
            owner=self._owner(card),
            step=self._step(card),
            tag=self._tag(card),
            tags=", ".join(tag.name for tag in card.tags),
            has_row=bool(is_open or card.next_step or card.tags),
            stars=self.stars[min(card.stars or 0, 3)],
            points=f"{card.probability:.0f}",
            probability=percent_text(card.probability) if is_open else "",
            close=close,
            close_late=late,
            age=self._age(card),
            age_late=card.is_over,
            movable=card.id in self.movable,
            move_label=self.move % {"lead": card.title},
            move_icon=self.icon("arrows-move"),
        )

    def _owner(self, card: Card) -> SafeString:
        owner = card.owner
        if owner is None:
            return self.nobody
        if owner.id not in self.owners:
            self.owners[owner.id] = format_html(
                '<span class="who who-{}" role="img" aria-label="{}" title="{}">{}</span>',
                colour_of(owner.id),
                owner.name,
                owner.name,
                owner.initials,
            )
        return self.owners[owner.id]

    @staticmethod
    def _tag(card: Card) -> str:
        """The first tag, and how many more there are."""
        if not card.tags:
            return ""
        more = len(card.tags) - 1
        return f"{card.tags[0].name} +{more}" if more else card.tags[0].name

    def _step(self, card: Card) -> StepFace | None:
        step = card.next_step
        if step is None:
            return self.none if card.status == "open" else None
        due = due_text(step.due_at, step.all_day, self.now)
        return StepFace(
            due.state, self.icon(due.icon), f"{step.summary or step.type} · {due.words}"
        )

    def _close(self, card: Card) -> tuple[str, bool]:
        if card.status == "won" and card.closed_at is not None:
            day = day_text(timezone.localdate(card.closed_at), self.today)
            return pgettext("closing date", "won %(day)s") % {"day": day}, False
        if card.expected_close is None:
            return "", False
        return day_text(card.expected_close, self.today), card.expected_close < self.today

    def _age(self, card: Card) -> str:
        age = days_text(card.days)
        limit = self.limits.get(card.stage)
        if not card.is_over or limit is None:
            return age
        return gettext("%(age)s · over %(days)d") % {"age": age, "days": limit}


def gone_face(lead: Lead) -> Face:
    """Says of a lead that it stands on no board any more; only its id matters."""
    nothing = SafeString()
    return Face(
        pk=lead.pk,
        version=lead.version,
        stage=lead.stage_id,
        url=lead.get_absolute_url(),
        title=lead.title,
        amount="",
        no_amount="",
        whom="",
        owner=nothing,
        step=None,
        tag="",
        tags="",
        has_row=False,
        stars=nothing,
        points="0",
        probability="",
        close="",
        close_late=False,
        age="",
        age_late=False,
        movable=False,
        move_label="",
        move_icon="",
        gone=True,
    )
