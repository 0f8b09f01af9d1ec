"""Teams and who is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict, NotFound
from core.ledger.writing import save_locked
from core.services.configuration import check_saving
from crm.models import Membership, Team
from crm.services.rights import locked_for_change, require_manager, require_version
from crm.services.values import checked

if TYPE_CHECKING:
    from crm.models import User

FIELDS = frozenset({"name", "leader", "parent", "is_active"})
MEMBER_FIELDS = frozenset(
    {"capacity", "share", "territory", "preferred", "absent_until", "is_active"}
)


@transaction.atomic
def create_team(*, values: Mapping[str, Any], by: User | None, members: Sequence[int] = ()) -> Team:
    """Insert a team with its members (ids of users)."""
    require_manager(by)
    team = Team(**checked(Team, [values], by=by, allowed=FIELDS, required=("name",))[0])
    check_saving(team)
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:
        raise Conflict(_("There is a team of that name already.")) from None
    if members:
        set_members(team=team.pk, users=members, by=by)
    return team


@transaction.atomic
def update_team(
    *, team: int, values: Mapping[str, Any], by: User | None, expected_version: int | None = None
) -> Team:
    """Set name, leader, parent of a team."""
    require_manager(by)
    record = locked_for_change(Team, [team], by)[0]
    require_version(record, expected_version)
    required = ("name",) if "name" in values else ()
    clean = checked(Team, [values], by=by, allowed=FIELDS, required=required)[0]
    for attname, value in clean.items():
        setattr(record, attname, value)
    check_saving(record)
    save_locked([record])
    return record


@transaction.atomic
def delete_team(*, team: int, by: User | None) -> None:
    """Delete a team with its memberships; its leads stay, without a team."""
    require_manager(by)
    locked_for_change(Team, [team], by)[0].delete()


@transaction.atomic
def set_members(*, team: int, users: Sequence[int], by: User | None) -> list[Membership]:
    """Make exactly `users` the members of a team; who stays keeps capacity and share."""
    require_manager(by)
    record = locked_for_change(Team, [team], by)[0]
    known = {member.user_id: member for member in record.memberships.all()}
    gone = [member.pk for user, member in known.items() if user not in set(users)]
    Membership.objects.filter(pk__in=gone).delete()
    fresh = [{"team": team, "user": user} for user in users if user not in known]
    rows = checked(Membership, fresh, by=by, allowed={"team", "user"})
    Membership.objects.bulk_create([Membership(**row) for row in rows])
    return list(record.memberships.select_related("user"))


@transaction.atomic
def put_member(
    *, team: int, user: int, by: User | None, values: Mapping[str, Any] | None = None
) -> Membership:
    """Make a user a member of a team, or change how (capacity, share, absence …)."""
    require_manager(by)
    record = locked_for_change(Team, [team], by)[0]
    clean = checked(Membership, [values or {}], by=by, allowed=MEMBER_FIELDS)[0]
    keys = checked(Membership, [{"team": team, "user": user}], by=by, allowed={"team", "user"})[0]
    member = record.memberships.filter(user=user).first() or Membership(**keys)
    for attname, value in clean.items():
        setattr(member, attname, value)
    member.save()
    return member


@transaction.atomic
def remove_member(*, team: int, user: int, by: User | None) -> None:
    """Take a user out of a team. Their leads stay theirs."""
    require_manager(by)
    record = locked_for_change(Team, [team], by)[0]
    member = record.memberships.filter(user=user).first()
    if member is None:
        raise NotFound(_("This person is not in the team."))
    member.delete()
