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
