"""The looks at leads: board, list, forecast. All of them share the filter in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext

if TYPE_CHECKING:
    from pipeline.narrowing import Narrowing


@dataclass(frozen=True, slots=True)
class Look:
    """A look, and where it shows what this page shows."""

    name: str
    label: str
    icon: str
    url: str
    current: bool


def looks_of(narrowing: Narrowing, current: str, pipeline: int | None = None) -> list[Look]:
    """The looks at the leads that a filter lets through; `pipeline` is that of the board."""
    wanted = narrowing.values.get("pipeline", "")
    of_list = narrowing.query(pipeline=pipeline or wanted)
    key = pipeline or (int(wanted) if wanted.isdigit() else None)
    board = reverse("boards") if key is None else reverse("board", args=[key])
    of_board = narrowing.query(pipeline=None, status=None, archived=None, stage=None)
    of_forecast = narrowing.query(pipeline=pipeline or wanted, status=None, archived=None)
    every = "?view=all"
    return [
        Look(name, label, icon, url, name == current)
        for name, label, icon, url in (
            ("board", gettext("Board"), "layout-kanban", board + (of_board or every)),
            ("leads", gettext("List"), "list", reverse("leads") + (of_list or every)),
            (
                "forecast",
                gettext("Forecast"),
                "chart-histogram",
                reverse("forecast") + (of_forecast or every),
            ),
        )
    ]
