"""Products, found or made by name; prices and codes are configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm.models import Product
from crm.services.names import find_or_make
from crm.services.rights import require_manager

if TYPE_CHECKING:
    from crm.models import User


def get_or_make_products(*, names: Sequence[str], by: User | None) -> list[Product]:
    """The products of these names, without regard to case and spaces ("GTXPro" is "GTX Pro")."""
    require_manager(by)
    return find_or_make(Product, names, by)
