"""Where people come from: sources, mediums and campaigns, found or made by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from crm.models import Campaign, Medium, Source
from crm.services.names import find_or_make

if TYPE_CHECKING:
    from crm.models import User

Kind = TypeVar("Kind", Source, Medium, Campaign)


def get_or_make_sources(*, names: Sequence[str], by: User | None) -> list[Source]:
    """The sources of these names, without regard to case and spaces; those that lack are made."""
    return find_or_make(Source, names, by)


def get_or_make_mediums(*, names: Sequence[str], by: User | None) -> list[Medium]:
    """The mediums of these names."""
    return find_or_make(Medium, names, by)


def get_or_make_campaigns(*, names: Sequence[str], by: User | None) -> list[Campaign]:
    """The campaigns of these names."""
    return find_or_make(Campaign, names, by)


def get_or_make_origin(
    *, source: str = "", medium: str = "", campaign: str = "", by: User | None
) -> tuple[Source | None, Medium | None, Campaign | None]:
    """The UTM triple of these names; None where a name is empty."""
    return (
        _one(get_or_make_sources(names=[source], by=by)),
        _one(get_or_make_mediums(names=[medium], by=by)),
        _one(get_or_make_campaigns(names=[campaign], by=by)),
    )


def _one[Kind: (Source, Medium, Campaign)](found: list[Kind]) -> Kind | None:
    return found[0] if found else None
