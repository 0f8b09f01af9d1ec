"""The head of a column in words: count, sums, the bar of next steps, what is too much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import get_language, gettext, ngettext, pgettext

from core.money import format_money, format_number
from pipeline.board import Column, Steps
from pipeline.boardview import BoardView, won_periods
from pipeline.currencies import currency_of
from pipeline.faces import Face
from pipeline.models import Stage
from pipeline.words import expected_days


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar of next steps: leads in one state, a click narrows the board to them."""

    state: str
    start: str
    width: str
    words: str
    url: str


@dataclass(slots=True)
class ColumnFace:
    """A column as it is printed. `amount` and `currency` are set where there is one sum alone:
    what a script adds a dragged card to until the answer is there."""

    stage: Stage
    number: int = 0
    count: str = ""
    sum: str = ""
    amount: str = ""
    currency: str = ""
    weighted: str = ""
    weighted_title: str = ""
    without: str = ""
    without_title: str = ""
    days: str = ""
    warning: str = ""
    label: str = ""
    hint: str = ""
    steps: list[Segment] | None = None
    folded: bool = False
    more: str = ""
    more_url: str = ""
    faces: list[Face] = field(default_factory=list)


def number_text(number: int) -> str:
    """A whole number in the reader's language."""
    return format_number(number, get_language() or "en")


def sums_text(amounts: Mapping[str, Decimal], *, cents: bool | None = None) -> str:
    """Sums of several currencies side by side; "" for none."""
    language = get_language() or "en"
    texts = (format_money(sum_, code, language, cents=cents) for code, sum_ in amounts.items())
    return " + ".join(texts)


def head_face(column: Column, view: BoardView) -> ColumnFace:
    """The head of a column in words."""
    stage = column.stage
    face = ColumnFace(stage, number=column.count, count=number_text(column.count))
    face.sum = sums_text(column.amounts) or "–"
    if len(column.amounts) < 2:
        for code, amount in (
            column.amounts.items() or {currency_of(view.pipeline): Decimal(0)}.items()
        ):
            face.currency, face.amount = code, str(amount)
    if stage.is_won:
        face.days = won_periods()["all" if view.day else view.won]
    else:
        face.days = expected_days(stage)
        if column.weighted:
            short = pgettext("weighted, short", "w. %(sum)s")
            face.weighted = short % {"sum": sums_text(column.weighted, cents=False)}
            face.weighted_title = gettext("Weighted by probability")
    if column.without_amount:
        face.without = f"+ {number_text(column.without_amount)} ?"
        face.without_title = ngettext(
            "%(n)s lead without amount", "%(n)s leads without amount", column.without_amount
        ) % {"n": number_text(column.without_amount)}
    face.warning = _warning(column)
    face.label = ngettext("%(stage)s, %(n)s lead", "%(stage)s, %(n)s leads", column.count) % {
        "stage": stage.name,
        "n": face.count,
    }
    face.hint = stage.objective or gettext("Drag leads here.")
    face.folded = stage.pk in view.folded
    if not stage.is_won and column.steps is not None:
        face.steps = step_segments(column.steps, view)
    return face


def _warning(column: Column) -> str:
    """What is too much in a column; nothing is blocked."""
    stage = column.stage
    if stage.limit_count is not None and column.count > stage.limit_count:
        return gettext("More than %(n)s leads") % {"n": number_text(stage.limit_count)}
    limit = stage.limit_amount
    if limit is not None and any(amount > limit for amount in column.amounts.values()):
        return gettext("More than %(sum)s") % {
            "sum": sums_text({next(iter(column.amounts)): limit}, cents=False)
        }
    return ""


def step_words(state: str, count: int) -> str:
    """So many leads in one state of their next step."""
    texts = {
        "overdue": ngettext("%(n)s overdue", "%(n)s overdue", count),
        "today": ngettext("%(n)s due today", "%(n)s due today", count),
        "later": ngettext("%(n)s planned", "%(n)s planned", count),
        "none": ngettext("%(n)s without next step", "%(n)s without next step", count),
    }
    return texts[state] % {"n": number_text(count)}


def step_segments(steps: Steps, view: BoardView) -> list[Segment]:
    """The bar of next steps, in per cent of the column."""
    counts = {
        "overdue": steps.overdue,
        "today": steps.today,
        "later": steps.later,
        "none": steps.none,
    }
    total = sum(counts.values())
    segments, start = [], Decimal(0)
    for state, count in counts.items():
        if not count:
            continue
        width = Decimal(count) * 100 / total
        again = view.narrowing.has("next_step", state)
        url = view.address(next_step="" if again else state)
        words = step_words(state, count)
        segments.append(Segment(state, f"{start:.2f}", f"{width:.2f}", words, url))
        start += width
    return segments
