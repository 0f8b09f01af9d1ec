"""Tags: whoever works here may coin one; renaming and deleting is configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm.models import Tag
from crm.services.names import find_or_make

if TYPE_CHECKING:
    from crm.models import User


def get_or_make_tags(*, names: Sequence[str], by: User | None) -> list[Tag]:
    """The tags of these names, without regard to case and spaces; those that lack are made."""
    return find_or_make(Tag, names, by)
