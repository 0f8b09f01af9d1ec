"""Words and signs that every page uses: icons, money, percentages, people, stars."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from core import dates
from core.money import NARROW_SPACE, format_money, format_number

register = template.Library()

#: How many colours people are told apart by (static/css/shell.css).
COLOURS = 8


@lru_cache(maxsize=1)
def sprite() -> str:
    """The address of the file of icons."""
    return static("icons.svg")


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, extra: str = "") -> SafeString:
    """An icon of the sprite; it says nothing by itself, a word stands beside it or in a label."""
    return format_html(
        '<svg class="i {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        extra,
        sprite(),
        name,
    )


@register.filter
def money(amount: Any, currency: str = "") -> str:
    """The amount in the reader's language; "" for none."""
    if amount in (None, ""):
        return ""
    return format_money(Decimal(amount), currency, get_language() or "en")


@register.filter
def percent(value: Any) -> str:
    """A percentage as it is read aloud: "14 %" in French, "14%" in English."""
    if value in (None, ""):
        return ""
    return percent_text(Decimal(value))


def percent_text(value: Decimal) -> str:
    """A percentage in whole points in the reader's language."""
    language = get_language() or "en"
    gap = NARROW_SPACE if language.startswith("fr") else ""
    return f"{format_number(value, language)}{gap}%"


@register.filter
def day(value: Any) -> str:
    """A day with its year."""
    return dates.day(value or None)


@register.filter
def moment(value: Any) -> str:
    """A day with its year and time."""
    return dates.moment(value or None)


@register.filter
def number(value: Any) -> str:
    """A whole number with its groups of three."""
    if value in (None, ""):
        return ""
    return format_number(Decimal(value), get_language() or "en")


def colour_of(person_id: int) -> int:
    """Which of the colours a person has."""
    return person_id % COLOURS


@register.simple_tag
def who(person: Any) -> SafeString:
    """A disc with a person's initials, named for those who do not see it."""
    if person is None:
        name = gettext("Nobody")
        return format_html('<span class="who who-none" role="img" aria-label="{}">–</span>', name)
    return format_html(
        '<span class="who who-{}" role="img" aria-label="{}" title="{}">{}</span>',
        colour_of(person.pk),
        person,
        person,
        person.initials,
    )


@register.simple_tag
def stars(count: int | None) -> SafeString:
    """Up to three stars, in words too."""
    count = count or 0
    label = ngettext("%(count)d of 3 stars", "%(count)d of 3 stars", count) % {"count": count}
    return format_html(
        '<span class="stars" role="img" aria-label="{}">{}<s>{}</s></span>',
        label,
        "★" * count,
        "★" * (3 - count),
    )


@register.filter
def told(message: Any, name: str) -> str:
    """What a message says beside its text (`undo`: a cause, `back`: an address), or "".

    See core.answers.say.
    """
    for word in (getattr(message, "extra_tags", "") or "").split():
        if word.startswith(f"{name}:"):
            return str(word.removeprefix(f"{name}:"))
    return ""
