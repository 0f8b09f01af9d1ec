"""Every read of people and companies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import BaseUserManager
from django.db.models import BooleanField, ExpressionWrapper, F, Q, Value

from core.folding import email_key, fold
from core.ledger.tracked import TrackedQuerySet
from core.permissions import sight
from crm.periods import Period, begins

if TYPE_CHECKING:
    from crm.models import User

#: Roles whose holders see every record.
SEE_ALL = frozenset({"rep_all", "manager", "admin"})


def sees_all(user: Any) -> bool:
    """Whether nothing is out of this person's sight."""
    return user.role in SEE_ALL


class UserQuerySet(TrackedQuerySet[Any]):
    """Reads of users."""

    def active(self) -> Self:
        """Those who may log in."""
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> Self:
        """Colleagues know each other's names; a record of theirs is another matter."""
        return self

    def changeable_by(self, user: User) -> Self:
        """Administrators change everyone, managers all but those, others themselves."""
        if user.is_admin:
            return self
        if user.is_manager:
            return self.exclude(role="admin")
        return self.filter(pk=user.pk)

    def led_by(self, user: User) -> Self:
        """The active members of the teams that a person leads, and the leader of these."""
        from crm.models import Membership, Team

        led = Team.objects.filter(leader=user)
        members = Membership.objects.filter(team__in=led.values("pk"), is_active=True)
        return self.filter(Q(pk__in=members.values("user")) | Q(pk__in=led.values("leader")))

    def in_team(self, team: int | None) -> Self:
        """The active members of a team, and its leader."""
        from crm.models import Membership, Team

        members = Membership.objects.filter(team=team, is_active=True)
        leaders = Team.objects.filter(pk=team or 0, leader__isnull=False)
        return self.filter(Q(pk__in=members.values("user")) | Q(pk__in=leaders.values("leader")))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """The manager of users; addresses are kept in lower case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user of an e-mail address in any case."""
        user: User = self.get(email=(username or "").strip().lower())
        return user

    def create_user(
        self, email: str, name: str, password: str | None = None, **values: Any
    ) -> User:
        """Insert a user; without a password they cannot log in until they set one."""
        user: User = self.model(email=email.strip().lower(), name=name, **values)
        user.set_password(password)
        user.save()
        return user


class TargetQuerySet(TrackedQuerySet[Any]):
    """Reads of what people and teams are to reach."""

    def visible_to(self, user: User) -> Self:
        """One's own, those of one's teams, and of the people whom one leads; managers see all."""
        if user.is_manager:
            return self
        from crm.models import Team

        return self.filter(
            Q(user=user) | Q(team__in=Team.objects.of(user).values("pk")) | self._led_by(user)
        )

    def changeable_by(self, user: User) -> Self:
        """Those of the teams that one leads and of the people in them; managers change all."""
        return self if user.is_manager else self.filter(self._led_by(user))

    def _led_by(self, user: User) -> Q:
        from crm.models import User as Person

        return Q(team__leader=user) | Q(user__in=Person.objects.led_by(user).values("pk"))

    def running(self, day: dt.date) -> Self:
        """Those of the month and of the quarter that a day is in."""
        now = Q()
        for period in Period.values:
            now |= Q(period=period, starts_on=begins(period, day))
        return self.filter(now)

    def for_day(self, user: User, owner: User) -> Self:
        """What the day of `owner` shows to `user`, in one query: the owner's own, and on one's own
        day those of the teams that one leads. Months come before quarters."""
        if owner.pk == user.pk:
            found = self.filter(Q(user=owner) | Q(team__leader=owner, team__is_active=True))
        else:
            found = self.visible_to(user).filter(user=owner)
        return found.select_related("team", "user").order_by(
            F("team__sequence").asc(nulls_first=True), "team", "period", "-metric", "currency"
        )


class TeamQuerySet(TrackedQuerySet[Any]):
    """Reads of teams."""

    def of(self, user: User) -> Self:
        """The teams that a person is a member of or leads."""
        return self.filter(
            Q(leader=user) | Q(memberships__user=user, memberships__is_active=True)
        ).distinct()

    def led_by(self, user: User) -> Self:
        """The teams that a person leads."""
        return self.filter(leader=user)

    def in_order(self) -> Self:
        """As they were put in order; of equal ones the newest first. A person's first team in this
        order is the one that their new leads get."""
        return self.order_by("sequence", "-pk")

    def managed_by(self, user: User) -> Self:
        """Those whose members a person may look after: a manager all, a leader their own."""
        return self if user.is_manager else self.led_by(user)

    def visible_to(self, user: User) -> Self:
        """Teams are known to everyone."""
        return self

    def changeable_by(self, user: User) -> Self:
        """Teams are configuration."""
        return self if user.is_manager else self.none()


class MembershipQuerySet(TrackedQuerySet[Any]):
    """Reads of who is in which team."""

    def active(self) -> Self:
        """Those that count, in teams that count."""
        return self.filter(is_active=True, team__is_active=True)

    def for_page(self) -> Self:
        """What the page of a team shows, in one query: who counts first, then by name."""
        return self.select_related("user").order_by("-is_active", "user__name", "user")


class TagQuerySet(TrackedQuerySet[Any]):
    """Reads of tags."""

    def named(self, names: list[str]) -> Self:
        """The tags of these names, without regard to case and spaces."""
        return self.filter(name_key__in=[fold(name) for name in names])


class OwnedQuerySet(TrackedQuerySet[Any]):
    """Reads of what a person may own: companies and contacts."""

    def active(self) -> Self:
        """Those that are not archived."""
        return self.filter(archived_at__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Own, unowned, or on a lead that the person sees."""
        if sees_all(user):
            return self
        return self.filter(
            Q(owner=user) | Q(owner__isnull=True) | sight(self.model._meta.label_lower, user)
        )

    def changeable_by(self, user: User) -> Self:
        """Own or unowned; managers change all."""
        if user.is_manager:
            return self
        return self.filter(Q(owner=user) | Q(owner__isnull=True))

    def with_may_change(self, user: User) -> Self:
        """Each with whether the person may change it (`may_change`)."""
        hand = Q(owner=user) | Q(owner__isnull=True)
        right: Q | Value = Value(True) if user.is_manager else hand
        return self.annotate(may_change=ExpressionWrapper(right, output_field=BooleanField()))

    def named(self, name: str) -> Self:
        """Those of this name, without regard to case and spaces."""
        return self.filter(name_key=fold(name))


def reached_by(model: Any, kind: str, key: str, columns: Sequence[str]) -> Any:
    """The ids of the records whose columns or further addresses have a key: parts of a UNION ALL,
    of which each reads its own index."""
    from crm.models import ContactPoint

    holder = model._meta.model_name
    points = ContactPoint.objects.filter(kind=kind, key=key, **{f"{holder}__isnull": False})
    further = points.order_by().values(holder)
    own = [model._base_manager.filter(**{name: key}).values("pk") for name in columns]
    return further.union(*own, all=True)


#: So many companies of a tree are looked at, and so many levels.
TREE, LEVELS = 1000, 20


class CompanyQuerySet(OwnedQuerySet):
    """Reads of companies."""

    def tree_of(self, pk: int) -> list[int]:
        """A company and all that are below it among these, level by level: the ids, its own
        first."""
        found, level = [pk], [pk]
        for _number in range(LEVELS):
            below = self.filter(parent__in=level).exclude(pk__in=found).order_by("pk")
            level = list(below.values_list("pk", flat=True)[: TREE - len(found)])
            if not level:
                break
            found += level
        return found

    def reached_by(self, kind: str, key: str) -> Any:
        """The ids of the companies that an address or number reaches."""
        return reached_by(self.model, kind, key, () if kind == "email" else ("phone_key",))

    def for_list(self) -> Self:
        """What a list or an API page needs, in one query."""
        return self.select_related("owner", "parent")


class ContactQuerySet(OwnedQuerySet):
    """Reads of contacts."""

    def for_list(self) -> Self:
        """What a list or an API page needs, in one query."""
        return self.select_related("owner", "company")

    def for_cards(self) -> Self:
        """What vCards need, in two queries."""
        return self.select_related("company").prefetch_related("points")

    def with_email(self, address: str) -> Self:
        """Contacts of this address, normalised; an empty or broken address finds nobody."""
        key = email_key(address)
        return self.filter(pk__in=self.reached_by("email", key)) if key else self.none()

    def by_emails(self, keys: Collection[str]) -> dict[str, int]:
        """The contact of each normalised address: whose main one it is, then the oldest."""
        from crm.models import ContactPoint

        further = ContactPoint.objects.filter(
            kind="email", key__in=keys, contact__in=self.order_by().values("pk")
        )
        return {
            **dict(further.order_by("-contact").values_list("key", "contact")),
            **dict(self.filter(email_key__in=keys).order_by("-pk").values_list("email_key", "pk")),
        }

    def reached_by(self, kind: str, key: str) -> Any:
        """The ids of the contacts that an address or number reaches, main or further; each way by
        its own index."""
        columns = ("email_key",) if kind == "email" else ("phone_key", "mobile_key")
        return reached_by(self.model, kind, key, columns)


class DistinctQuerySet(TrackedQuerySet[Any]):
    """Reads of pairs that were told apart."""

    def visible_to(self, user: User) -> Self:
        """Pairs of which the person sees both."""
        if sees_all(user):
            return self
        seen = self.model.of_what().objects.visible_to(user).values("pk")
        return self.filter(first__in=seen, second__in=seen)

    def changeable_by(self, user: User) -> Self:
        """Pairs of which the person sees both and may change one."""
        if user.is_manager:
            return self
        mine = self.model.of_what().objects.changeable_by(user).values("pk")
        return self.visible_to(user).filter(Q(first__in=mine) | Q(second__in=mine))

    def of(self, pk: int) -> Self:
        """The pairs that a record is in."""
        return self.filter(Q(first=pk) | Q(second=pk))

    def among(self, ids: Collection[int]) -> Self:
        """The pairs of which both are among `ids`."""
        return self.filter(first__in=ids, second__in=ids)

    def others_than(self, pk: int) -> Q:
        """Of records: those that were told apart from the one of `pk`."""
        return Q(pk__in=self.filter(first=pk).values("second")) | Q(
            pk__in=self.filter(second=pk).values("first")
        )

    def for_list(self) -> Self:
        """What a list or an API page needs, in one query."""
        return self.select_related("first", "second")


class SavedViewQuerySet(TrackedQuerySet[Any]):
    """Reads of saved views."""

    def visible_to(self, user: User) -> Self:
        """One's own, those of one's teams, and those for everyone."""
        from crm.models import Team

        shared = Q(is_public=True) | Q(team__in=Team.objects.of(user).values("pk"))
        return self.filter(shared | Q(owner=user))

    def changeable_by(self, user: User) -> Self:
        """One's own; managers also what is shared."""
        own = Q(owner=user)
        return self.filter(
            own | Q(is_public=True) | Q(team__isnull=False) if user.is_manager else own
        )

    def of(self, place: str) -> Self:
        """The views of a list or board."""
        return self.filter(place=place)

    def for_menu(self) -> Self:
        """What a menu shows, in one query."""
        return self.select_related("owner", "team")
