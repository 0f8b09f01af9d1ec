"""The administration of the ground floor: why things changed, and the keys for machines."""

from core.admin import causes, tokens

__all__ = ["causes", "tokens"]
