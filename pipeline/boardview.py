"""How a board is looked at: what narrows it, since when won leads are shown, its lanes and density.

All of it but the density and the folded columns is in the address, so that a colleague who opens
it sees the same board.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.leadfields import read_lead_fields
from crm.models import User
from pipeline.lanekinds import LaneKind, lane_kinds
from pipeline.models import Pipeline
from pipeline.narrowing import LONGEST, PLACED, Narrowing
from pipeline.querysets import LeadQuerySet

#: The period in which won leads are shown when the address names none.
USUAL = "quarter"
DENSITIES = ("compact", "normal", "detailed")


def won_periods() -> dict[str, str]:
    """The periods of won leads, in words."""
    return {
        "month": _("this month"),
        "quarter": _("this quarter"),
        "year": _("this year"),
        "all": _("since the beginning"),
    }


def density_names() -> dict[str, str]:
    """How much of a card is shown."""
    return {"compact": _("Compact"), "normal": _("Normal"), "detailed": _("Detailed")}


@dataclass(frozen=True, slots=True)
class BoardView:
    """A person's look at a board."""

    user: User
    pipeline: Pipeline
    narrowing: Narrowing
    won: str = USUAL
    lanes: LaneKind | None = None
    day: dt.date | None = None
    #: The saved view that the address names.
    saved: str = ""

    @classmethod
    def read(cls, data: QueryDict | Mapping[str, str], user: User, pipeline: Pipeline) -> BoardView:
        """The view in an address; what is unknown is passed over."""
        won = data.get("won", "")
        return cls(
            user,
            pipeline,
            Narrowing.read(data, user, without=PLACED),
            won if won in won_periods() else USUAL,
            _lanes(data.get("lanes", ""), pipeline),
            _past_day(data.get("on", "")),
            data.get("view", "")[:20],
        )

    @classmethod
    def read_query(cls, query: str, user: User, pipeline: Pipeline) -> BoardView:
        """The view in the query part of an address."""
        return cls.read(QueryDict(query.removeprefix("?")[:LONGEST]), user, pipeline)

    @property
    def won_since(self) -> dt.datetime | None:
        """Since when won leads are shown; None for all."""
        today = timezone.localdate()
        first = {
            "month": today.replace(day=1),
            "quarter": today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1),
            "year": today.replace(month=1, day=1),
        }.get(self.won)
        if first is None:
            return None
        return timezone.make_aware(dt.datetime.combine(first, dt.time()))

    @property
    def density(self) -> str:
        """How much of a card the person wants to see."""
        chosen = self.user.preferences.get("board.density")
        return chosen if chosen in DENSITIES else "normal"

    @property
    def folded(self) -> frozenset[int]:
        """The stages whose columns the person has folded."""
        stages = self.user.preferences.get("board.folded")
        return frozenset(stages) if isinstance(stages, list) else frozenset()

    def leads(self) -> LeadQuerySet | None:
        """The leads for a read of the board; None when nothing narrows it."""
        return self.narrowing.leads()

    def query(self, **changes: Any) -> str:
        """The query part of an address with this view, changed."""
        values = {
            "won": "" if self.won == USUAL else self.won,
            "lanes": self.lanes.name if self.lanes else "",
            "view": self.saved,
            **changes,
        }
        return self.narrowing.query(**values)

    def address(self, **changes: Any) -> str:
        """The board's address with this view, changed."""
        return reverse("board", args=[self.pipeline.pk]) + self.query(**changes)


def lanes_of(pipeline: Pipeline) -> dict[str, LaneKind]:
    """What lanes a board can be cut into, by name."""
    return lane_kinds(read_lead_fields(getattr(pipeline, "lead_fields", None)))


def lanes_named(name: str) -> LaneKind | None:
    """A way of cutting lanes by its name."""
    fields = read_lead_fields(None) if name.startswith("custom.") else ()
    return lane_kinds(fields).get(name)


def _lanes(name: str, pipeline: Pipeline) -> LaneKind | None:
    return lanes_of(pipeline).get(name) if name.startswith("custom.") else lanes_named(name)


def _past_day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if dt.date(1990, 1, 1) <= day < timezone.localdate() else None
