"""Pipelines to begin with: ways of selling with their stages, in the language of who asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from pipeline.models import Stage


@dataclass(frozen=True, slots=True)
class Part:
    """A stage of a pattern: name, objective, exit criterion, expected days, probability in %."""

    name: Any
    objective: Any
    criterion: Any
    days: tuple[int | None, int | None]
    probability: int
    kind: str = Stage.Kind.OPEN

    def values(self) -> dict[str, Any]:
        """The values of the stage, in the language that is spoken now."""
        return {
            "name": str(self.name),
            "kind": self.kind,
            "objective": str(self.objective),
            "exit_criterion": str(self.criterion),
            "days_min": self.days[0],
            "days_max": self.days[1],
            "probability": self.probability,
        }


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way of selling; `about` says whom it suits."""

    name: Any
    about: Any
    parts: Sequence[Part]


_NEW = Part(_("New"), _("Lead captured, not yet contacted"), _("First contact made"), (0, 2), 10)
_WON = Part(_("Won"), _("Deal closed"), _("Contract signed"), (None, None), 100, Stage.Kind.WON)

#: By name; the first is what every installation starts with.
PATTERNS: Mapping[str, Pattern] = {
    "b2b": Pattern(
        _("B2B sales"),
        _("Several talks and an offer before somebody signs."),
        (
            _NEW,
            Part(
                _("Qualified"),
                _("Need and budget confirmed"),
                _("Discovery call done"),
                (3, 7),
                25,
            ),
            Part(
                _("Proposal"),
                _("Solution presented with a price"),
                _("Proposal delivered"),
                (5, 14),
                50,
            ),
            Part(
                _("Negotiation"),
                _("Terms under discussion"),
                _("Scope and price agreed"),
                (7, 21),
                75,
            ),
            _WON,
        ),
    ),
    "short": Pattern(
        _("Short sales"),
        _("A call and a price, decided within days."),
        (
            _NEW,
            Part(
                _("Contacted"),
                _("Person reached, need understood"),
                _("Price asked for"),
                (0, 3),
                30,
            ),
            Part(
                _("Price sent"),
                _("Price on the table"),
                _("Answer received"),
                (1, 5),
                50,
            ),
            Part(_("Reminded"), _("Open questions answered"), _("Yes or no"), (2, 7), 60),
            _WON,
        ),
    ),
    "subscription": Pattern(
        _("Subscriptions"),
        _("A demonstration and a trial before somebody subscribes."),
        (
            _NEW,
            Part(
                _("Demonstration"),
                _("Product shown to whoever will use it"),
                _("Trial agreed"),
                (2, 7),
                25,
            ),
            Part(_("Trial"), _("Product used in earnest"), _("Users convinced"), (7, 30), 50),
            Part(
                _("Proposal"),
                _("Solution presented with a price"),
                _("Proposal delivered"),
                (3, 10),
                75,
            ),
            _WON,
        ),
    ),
}
