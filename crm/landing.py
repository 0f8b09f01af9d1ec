"""What the address of a landing page tells of where a visitor comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

#: Parameters by which advertising networks recognise a click.
CLICK_IDS = ("gclid", "gbraid", "wbraid", "fbclid", "msclkid", "li_fat_id", "ttclid", "twclid")
MAX_PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class Landing:
    """The UTM triple and the click ids in an address."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    click_ids: dict[str, str] = field(default_factory=dict)


def read_landing(url: str) -> Landing:
    """Read the parameters `utm_source`, `utm_medium`, `utm_campaign` and the known click ids.

    Names are taken in any case; an address that cannot be read tells nothing.
    """
    try:
        query = urlsplit(url).query
        pairs = parse_qsl(query, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return Landing()
    found = {name.lower(): value.strip() for name, value in reversed(pairs)}
    return Landing(
        found.get("utm_source", "")[:120],
        found.get("utm_medium", "")[:120],
        found.get("utm_campaign", "")[:120],
        {name: found[name][:500] for name in CLICK_IDS if found.get(name)},
    )
