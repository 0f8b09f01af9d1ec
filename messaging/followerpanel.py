"""Who follows a lead, for its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Followers:
    """Those who follow by their own will or were asked to, and those who do by rule."""

    names: Sequence[str]
    by_rule: Sequence[str]
    is_following: bool


def read_followers(page: Any) -> Followers:
    """The followers of the page's lead; owner and team leader follow without being asked."""
    lead = page.lead
    people = list(lead.followers.all().order_by("name", "id"))
    rule = []
    if lead.owner is not None:
        rule.append(_("%(name)s (owner)") % {"name": lead.owner})
    if lead.team is not None and lead.team.leader_id not in (None, lead.owner_id):
        rule.append(_("%(name)s (team leader)") % {"name": lead.team.leader})
    return Followers(
        [str(person) for person in people],
        rule,
        any(person.pk == page.user.pk for person in people),
    )
