"""The face of a card: every text on it made ready, so that its template only prints."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, pgettext

from core.money import format_money
from core.templatetags.relance import colour_of, percent_text, sprite, stars
from crm.customwords import custom_text
from crm.models import CustomField
from pipeline.cards import Card
from pipeline.words import day_text, days_text, due_text


@dataclass(frozen=True, slots=True)
class StepFace:
    """The next step: how urgent, its icon's address, its words."""

    state: str
    icon: str
    words: str
    due: str = ""
    url: str = ""

    @property
    def label(self) -> str:
        """What is to be done, and when, in one line."""
        return f"{self.words} · {self.due}" if self.due else self.words


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
    label: str = ""
    value: str = ""
    currency: str = ""
    pick: str = ""
    detail: str = ""
    #: Custom fields, each as label and value.
    fields: Sequence[tuple[str, str]] = ()
    after: int | str | None = None
    gone: bool = False


class Faces:
    """Makes faces in one language at one moment."""

    def __init__(
        self,
        stages: Sequence[Any],
        now: dt.datetime,
        *,
        detailed: bool = False,
        fields: Sequence[CustomField] = (),
    ) -> None:
        self.now, self.today = now, timezone.localdate(now)
        self.language = get_language() or "en"
        self.detailed = detailed
        self.fields = fields
        self.limits = {stage.pk: stage.days_max for stage in stages}
        self.names = {stage.pk: stage.name for stage in stages}
        self.no_amount, self.no_amount_label = gettext("amount?"), gettext("no amount")
        self.move = gettext("Move “%(lead)s”…")
        self.pick = gettext("Select “%(lead)s”")
        self.no_step = gettext("No next step")
        self.over = gettext("%(age)s · over %(days)d")
        self.pushed = gettext("%(day)s · pushed %(times)d×")
        self.won = pgettext("closing date", "won %(day)s")
        # A hundred cards name few days and ages.
        self.day = cache(partial(day_text, today=self.today))
        self.days = cache(days_text)
        self.nobody = format_html(
            '<span class="who who-none" role="img" aria-label="{}">–</span>', gettext("Nobody")
        )
        self.owners: dict[int, SafeString] = {}
        self.stars = [stars(count) for count in range(4)]
        self.base = reverse("lead", args=[0]).replace("0/", "")
        self.done = reverse("activity-done", args=[0])

    @staticmethod
    def icon(name: str) -> str:
        """The address of an icon."""
        return f"{sprite()}#{name}"

    def of(self, card: Card) -> Face:
        """The face of a card."""
        is_open = card.status == "open"
        close, late = self._close(card)
        amount = format_money(card.amount, card.currency, self.language)
        whom = " · ".join(name for name in (card.company, card.contact) if name)
        step = self._step(card)
        return Face(
            pk=card.id,
            version=card.version,
            stage=card.stage,
            url=f"{self.base}{card.id}/",
            title=card.title,
            amount=amount,
            no_amount=self.no_amount,
            whom=whom or "–",
            owner=self._owner(card),
            step=step,
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
            movable=card.may_change,
            move_label=self.move % {"lead": card.title},
            move_icon=self.icon("arrows-move"),
            label=", ".join(
                text
                for text in (
                    card.title,
                    amount or self.no_amount_label,
                    whom,
                    self.names.get(card.stage, ""),
                    step.label if step else "",
                )
                if text
            ),
            value="" if card.amount is None else str(card.amount),
            currency=card.currency,
            pick=self.pick % {"lead": card.title},
            detail=self._detail(card) if self.detailed else "",
            fields=self._fields(card) if self.fields and card.custom else (),
        )

    @staticmethod
    def _detail(card: Card) -> str:
        """What only the detailed card has room for: where it came from, and all its tags."""
        return " · ".join(filter(None, (card.source, *(tag.name for tag in card.tags))))

    def _fields(self, card: Card) -> list[tuple[str, str]]:
        """The custom fields that cards show, as far as the lead has them."""
        told = ((one.label, custom_text(one, card.custom.get(one.key))) for one in self.fields)
        return [(label, text) for label, text in told if text]

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
            if card.status != "open":
                return None
            url = f"{self.base}{card.id}/activities/" if card.may_change else ""
            return StepFace("none", self.icon("calendar-plus"), self.no_step, url=url)
        due = due_text(step.due_at, step.all_day, self.now)
        url = self.done.replace("/0/", f"/{step.id}/") if card.may_change else ""
        words = step.summary or step.type
        return StepFace(due.state, self.icon(due.icon), words, due.words, url)

    def _close(self, card: Card) -> tuple[str, bool]:
        if card.status == "won" and card.closed_at is not None:
            return self.won % {"day": self.day(timezone.localdate(card.closed_at))}, False
        if card.expected_close is None:
            return "", False
        day = self.day(card.expected_close)
        if card.close_pushed and card.status == "open":
            day = self.pushed % {"day": day, "times": card.close_pushed}
        return day, card.expected_close < self.today

    def _age(self, card: Card) -> str:
        age = self.days(card.days)
        limit = self.limits.get(card.stage)
        if not card.is_over or limit is None:
            return age
        return self.over % {"age": age, "days": limit}


def gone_face(lead: int) -> Face:
    """Says of a lead that it stands on this board no more; only its id matters."""
    nothing = SafeString()
    return Face(
        pk=lead,
        version=0,
        stage=0,
        url="",
        title="",
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
