"""The sets on leads: tags, collaborators, followers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotFound, Refused
from crm.models import Tag
from crm.models import User as UserModel
from pipeline.models import Lead, LeadCollaborator, LeadFollower, LeadTag
from pipeline.services.access import lock_leads

if TYPE_CHECKING:
    from crm.models import User

#: For each set: its rows, the key to a member, and the members' model.
LINKS: dict[str, tuple[Any, str, Any]] = {
    "tags": (LeadTag, "tag_id", Tag),
    "collaborators": (LeadCollaborator, "user_id", UserModel),
    "followers": (LeadFollower, "user_id", UserModel),
}


def set_tags(
    *,
    leads: Sequence[int],
    by: User | None,
    add: Sequence[int] = (),
    remove: Sequence[int] = (),
) -> list[Lead]:
    """Add tags to leads and take others from them."""
    with transaction.atomic():
        chosen = lock_leads(leads, by=by)
        _check_members("tags", [*add, *remove])
        keys = [lead.pk for lead in chosen]
        if remove:
            LeadTag.objects.filter(lead__in=keys, tag__in=list(remove)).delete()
        if add:
            LeadTag.objects.bulk_create(
                LeadTag(lead_id=key, tag_id=tag) for key in keys for tag in add
            )
    return chosen


def follow_lead(*, lead: int, by: User, following: bool = True) -> None:
    """Follow a lead that one sees, or follow it no longer; nobody's leave is needed."""
    with transaction.atomic():
        if not Lead.objects.visible_to(by).filter(pk=lead).exists():
            raise NotFound(_("There is no such lead."))
        if following:
            LeadFollower.objects.bulk_create([LeadFollower(lead_id=lead, user_id=by.pk)])
        else:
            LeadFollower.objects.filter(lead=lead, user=by).delete()


def replace_sets(leads: Sequence[Lead], sets: Mapping[str, Sequence[int]]) -> None:
    """Make each set exactly the given ids, on leads that are locked."""
    keys = [lead.pk for lead in leads]
    for name, members in sets.items():
        model, member_key, _members = LINKS[name]
        wanted = list(dict.fromkeys(members))
        _check_members(name, wanted)
        model.objects.filter(lead__in=keys).exclude(**{f"{member_key}__in": wanted}).delete()
        if wanted:
            model.objects.bulk_create(
                model(lead_id=key, **{member_key: member}) for key in keys for member in wanted
            )


def _check_members(name: str, members: Sequence[int]) -> None:
    model = LINKS[name][2]
    found = set(model.objects.filter(pk__in=members).values_list("pk", flat=True))
    if found != set(members):
        message = _("There is no such record.")
        raise Refused(_("Some values cannot be kept."), {name: [message]})
