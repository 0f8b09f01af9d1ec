"""Numbers that come in an address. Pure."""

from collections.abc import Mapping

LARGEST = 2**63 - 1


def key_in(values: Mapping[str, str], name: str) -> int | None:
    """The id that stands under `name`; None when there is none or it cannot be one."""
    text = values.get(name) or ""
    if not (text.isascii() and text.isdigit()) or len(text) > 19:
        return None
    number = int(text)
    return number if 0 < number <= LARGEST else None


def keys_in(values: Mapping[str, str], name: str, most: int = 1000) -> list[int]:
    """The ids that stand under `name`, separated by commas; what cannot be one is passed over."""
    parts = (values.get(name) or "").split(",")[:most]
    found = (key_in({name: part.strip()}, name) for part in parts)
    return [key for key in found if key is not None]
