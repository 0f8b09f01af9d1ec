"""Teams and who is in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound
from core.ledger.writing import lock, save_locked
from core.services.configuration import check_saving
from crm.models import Membership, Team
from crm.models import User as UserModel
from crm.services.rights import (
    locked_for_change,
    require_active,
    require_manager,
    require_version,
)
from crm.services.values import checked

if TYPE_CHECKING:
    from crm.models import User

FIELDS = frozenset({"name", "leader", "parent", "sequence", "is_active"})
#: What the leader of a team may change of its members. Who is in a team decides what people see,
#: and so do managers.
LEADER_FIELDS = frozenset(
    {"capacity", "share", "territory", "preferred", "absent_from", "absent_until"}
)
MEMBER_FIELDS = LEADER_FIELDS | {"is_active"}
#: The place of a team behind the last that there can be.
LAST = 32_767


@transaction.atomic
def create_team(*, values: Mapping[str, Any], by: User | None, members: Sequence[int] = ()) -> Team:
    """Insert a team with its members (ids of users), behind the others unless told where."""
    require_manager(by)
    if "sequence" not in values:
        last = Team.objects.aggregate(last=Max("sequence"))["last"] or 0
        values = {**values, "sequence": min(last + 1, LAST)}
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
    """Set name, leader, parent, place of a team."""
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
    gone = record.memberships.exclude(user__in=users)
    gone.delete()
    _join(record, users, by)
    return list(record.memberships.select_related("user"))


@transaction.atomic
def add_members(*, team: int, users: Sequence[int], by: User | None) -> list[Membership]:
    """Put people into a team beside those who are in it; see `leave_other_teams`."""
    require_manager(by)
    record = locked_for_change(Team, [team], by)[0]
    return _join(record, users, by)


def _join(team: Team, users: Sequence[int], by: User | None) -> list[Membership]:
    """Make people active members; who was one before keeps how they were."""
    rows = checked(
        Membership,
        [{"team": team.pk, "user": user} for user in dict.fromkeys(users)],
        by=by,
        allowed={"team", "user"},
    )
    lock_people([row["user_id"] for row in rows])
    known = {member.user_id: member for member in team.memberships.all()}
    back = [known[row["user_id"]] for row in rows if row["user_id"] in known]
    for member in back:
        if not member.is_active:
            member.is_active = True
            member.save()
    fresh = [Membership(**row) for row in rows if row["user_id"] not in known]
    Membership.objects.bulk_create(fresh)
    leave_other_teams([*back, *fresh])
    return fresh


@transaction.atomic
def put_member(
    *,
    team: int,
    user: int,
    by: User | None,
    values: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> Membership:
    """Make a user a member of a team, or change how (capacity, share, absence …).

    For managers; the leader of the team changes LEADER_FIELDS of those who are in it.
    """
    record = _locked_team(team, by)
    values = values or {}
    clean = checked(Membership, [values], by=by, allowed=MEMBER_FIELDS)[0]
    keys = checked(Membership, [{"team": team, "user": user}], by=by, allowed={"team", "user"})[0]
    lock_people([keys["user_id"]])
    member = record.memberships.filter(user=keys["user_id"]).first()
    is_led = by is not None and not by.is_manager
    if is_led and (member is None or not LEADER_FIELDS.issuperset(values)):
        raise NotAllowed(_("Who is in a team is decided by managers."))
    if member is None:
        member = Membership(**keys)
    else:
        require_version(member, expected_version)
    for attname, value in clean.items():
        setattr(member, attname, value)
    check_saving(member)
    member.save()
    leave_other_teams([member])
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


def _locked_team(team: int, by: User | None) -> Team:
    """A team under lock, once `by` may look after its members."""
    require_active(by)
    found: list[Team] = lock(Team._base_manager.filter(pk=team))  # type: ignore[type-var]
    if not found:
        raise NotFound(_("There is no such record."))
    if by is not None and not Team.objects.managed_by(by).filter(pk=team).exists():
        raise NotAllowed(_("Only managers and the leader of the team may change this."))
    return found[0]


def lock_people(users: Collection[int]) -> None:
    """Have others wait who are about to put the same people into teams.

    Inside a transaction, before the memberships: so two teams that take the same person at once do
    so one after the other, and the second sees the first.
    """
    if settings.SINGLE_TEAM and users:
        lock(UserModel._base_manager.filter(pk__in=set(users)).order_by("pk"))


def leave_other_teams(joined: Sequence[Membership]) -> None:
    """Where a person is in one team at most (SINGLE_TEAM): who is active in one of `joined` is no
    longer so elsewhere. The other memberships stay, inactive, with all that was set in them."""
    if not settings.SINGLE_TEAM:
        return
    kept = {member.user_id: member.pk for member in joined if member.is_active}
    others = Membership.objects.filter(user__in=kept, is_active=True).exclude(pk__in=kept.values())
    for member in others:
        member.is_active = False
        member.save()
