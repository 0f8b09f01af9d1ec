"""Every read of pipelines, stages, leads and activities."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Value

from core.folding import fold, searched_words
from core.ledger.tracked import TrackedQuerySet
from core.permissions import linked
from crm.querysets import sees_all

if TYPE_CHECKING:
    from crm.models import Team, User


class PipelineQuerySet(TrackedQuerySet[Any]):
    """Reads of pipelines."""

    def active(self) -> Self:
        """Those in use."""
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> Self:
        """Pipelines without teams, and those of the person's teams; who sees all leads sees all."""
        if sees_all(user):
            return self
        from crm.models import Team
        from pipeline.models.stages import PipelineTeam

        limited = PipelineTeam.objects.filter(pipeline=OuterRef("pk"))
        return self.filter(
            ~Exists(limited) | Exists(limited.filter(team__in=Team.objects.of(user).values("pk")))
        )

    def changeable_by(self, user: User) -> Self:
        """Pipelines are configuration."""
        return self if user.is_manager else self.none()


class StageQuerySet(TrackedQuerySet[Any]):
    """Reads of stages."""

    def active(self) -> Self:
        """Those in use."""
        return self.filter(is_active=True)

    def visible_to(self, user: User) -> Self:
        """The stages of the pipelines that the person sees."""
        if sees_all(user):
            return self
        from pipeline.models import Pipeline

        return self.filter(pipeline__in=Pipeline.objects.visible_to(user).values("pk"))

    def changeable_by(self, user: User) -> Self:
        """Stages are configuration."""
        return self if user.is_manager else self.none()

    def for_team(self, team: Team | int | None) -> Self:
        """The shared stages, and those of a team (a team or its id); without a team, the shared."""
        from pipeline.models.stages import StageTeam

        limited = StageTeam.objects.filter(stage=OuterRef("pk"))
        if team is None:
            return self.filter(~Exists(limited))
        return self.filter(~Exists(limited) | Exists(limited.filter(team=team)))

    def in_order(self) -> Self:
        """From first contact to won."""
        return self.order_by("sequence", "id")

    def named(self, name: str) -> Self:
        """Stages of this name, without regard to case and spaces."""
        return self.filter(name_key=fold(name))


class LeadQuerySet(TrackedQuerySet[Any]):
    """Reads of leads."""

    #: The person whose own leads these are: their sight has nothing to take away.
    _owner: int | None = None

    def owned_by(self, user: User) -> Self:
        """The leads that a person works on."""
        own = self.filter(owner=user)
        own._owner = user.pk
        return own

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._owner = self._owner
        return clone

    def __or__(self, other: Any) -> Self:
        """The leads of either, which need not be one person's own."""
        either: Self = super().__or__(other)
        either._owner = None
        return either

    def __xor__(self, other: Any) -> Self:
        """The leads of just one, which need not be one person's own."""
        one: Self = super().__xor__(other)
        one._owner = None
        return one

    def visible_to(self, user: User, *, singly: bool = False) -> Self:
        """What the person's role shows: see the table of roles in the documentation.

        Everyone sees own and unassigned leads, those that they collaborate on, follow, or have an
        activity on; team members with `rep_team` or `leader` also their teams' leads. `singly`
        finds the same, asked lead by lead: right for one lead, a page of a list, a search.
        """
        if sees_all(user) or self._owner == user.pk:
            return self
        return self.filter(self._sight_of(user, singly))

    def _sight_of(self, user: User, singly: bool) -> Q:
        from pipeline.models import Activity, LeadCollaborator, LeadFollower

        links: tuple[Any, ...] = (
            LeadCollaborator.objects.filter(user=user),
            LeadFollower.objects.filter(user=user),
            Activity.objects.filter(assignee=user, lead__isnull=False),
        )
        seen = Q(owner=user) | Q(owner__isnull=True)
        for rows in links:
            if singly:
                seen |= linked(rows.filter(lead=OuterRef("pk")))
            else:
                seen |= Q(pk__in=rows.values("lead"))
        if user.role in ("rep_team", "leader"):
            from crm.models import Team

            seen |= Q(team__in=Team.objects.of(user).values("pk"))
        return seen

    def changeable_by(self, user: User) -> Self:
        """Own and unassigned leads, those one collaborates on, those of teams that one leads."""
        return self if user.is_manager else self.filter(self._hand_of(user))

    def with_may_change(self, user: User) -> Self:
        """Each with whether the person may change it (`may_change`)."""
        right: Q | Value = Value(True) if user.is_manager else self._hand_of(user)
        return self.annotate(may_change=ExpressionWrapper(right, output_field=BooleanField()))

    def _hand_of(self, user: User) -> Q:
        from crm.models import Team
        from pipeline.models import LeadCollaborator

        return (
            Q(owner=user)
            | Q(owner__isnull=True)
            | Q(pk__in=LeadCollaborator.objects.filter(user=user).values("lead"))
            | Q(team__in=Team.objects.led_by(user).values("pk"))
        )

    def active(self) -> Self:
        """Those that are not archived."""
        return self.filter(archived_at__isnull=True)

    def open(self) -> Self:
        """Those that are neither won nor lost."""
        return self.filter(status="open")

    def won(self) -> Self:
        """Those that are won."""
        return self.filter(status="won")

    def lost(self) -> Self:
        """Those that are lost."""
        return self.filter(status="lost")

    def mergeable(self) -> Self:
        """Those that may be one with another: all but leads that were lost before they were an
        opportunity."""
        return self.exclude(status="lost", kind="lead")

    def without_next_step(self) -> Self:
        """Open leads on which nothing is planned."""
        return self.open().filter(next_activity_at__isnull=True)

    def overdue(self, now: dt.datetime) -> Self:
        """Open leads whose next step should have been done by `now`."""
        return self.open().filter(next_activity_at__lt=now)

    def closing_in(self, year: int, month: int) -> Self:
        """Leads expected to close in a month."""
        return self.filter(expected_close__year=year, expected_close__month=month)

    def stalled(self, now: dt.datetime) -> Self:
        """Open leads that stand in their stage for longer than its expected days."""
        from pipeline.models import Stage

        stages = Stage.objects.filter(days_max__isnull=False).values_list("pk", "days_max")
        late = Q(pk__in=[])
        for stage, days in stages:
            late |= Q(stage=stage, stage_entered_at__lt=now - dt.timedelta(days=days))
        return self.open().filter(late)

    def of_contact(self, contact: int) -> Self:
        """The leads that a contact is on."""
        from pipeline.models import LeadContact

        return self.filter(pk__in=LeadContact.objects.filter(contact=contact).values("lead"))

    def searching(self, text: str) -> Self:
        """Leads in whose search text every word occurs.

        Where no word has three letters no index could help: then those whose title begins so.
        """
        key = fold(text)
        words = searched_words(key)
        if not words:
            return self.filter(title_key__startswith=key) if key else self
        found = self
        for word in words:
            found = found.filter(search_text__contains=word)
        return found

    def in_column_order(self) -> Self:
        """As the cards stand in their column."""
        return self.order_by("stage__sequence", "stage", "position", "id")

    def for_list(self) -> Self:
        """What a list or an API page needs, in one query and one for the sets."""
        return self.select_related(
            "owner", "team", "company", "stage", "pipeline", "product", "lost_reason"
        )

    def neighbours(self, stage: int) -> Self:
        """The leads of a stage in the order of their places."""
        return self.filter(stage=stage).order_by("position")


class ActivityQuerySet(TrackedQuerySet[Any]):
    """Reads of activities."""

    def visible_to(self, user: User) -> Self:
        """One's own, and those on records that one sees."""
        if sees_all(user):
            return self
        from crm.models import Company, Contact
        from pipeline.models import Lead

        return self.filter(
            Q(assignee=user)
            | Q(lead__in=Lead.objects.visible_to(user).values("pk"))
            | Q(contact__in=Contact.objects.visible_to(user).values("pk"))
            | Q(company__in=Company.objects.visible_to(user).values("pk"))
        )

    def changeable_by(self, user: User) -> Self:
        """One's own, unassigned ones on what one sees, and those on records that one may change."""
        if user.is_manager:
            return self
        from crm.models import Company, Contact
        from pipeline.models import Lead

        return self.visible_to(user).filter(
            Q(assignee=user)
            | Q(assignee__isnull=True)
            | Q(lead__in=Lead.objects.changeable_by(user).values("pk"))
            | Q(contact__in=Contact.objects.changeable_by(user).values("pk"))
            | Q(company__in=Company.objects.changeable_by(user).values("pk"))
        )

    def to_do(self) -> Self:
        """Those that are not completed."""
        return self.filter(done_at__isnull=True)

    def done(self) -> Self:
        """Those that are completed."""
        return self.filter(done_at__isnull=False)

    def overdue(self, now: dt.datetime) -> Self:
        """Those that should have been done by `now`."""
        return self.to_do().filter(due_at__lt=now)

    def due_for(self, user: User, *, until: dt.datetime) -> Self:
        """A person's steps that fall due before `until`: served by one index."""
        return self.to_do().filter(assignee=user, due_at__lt=until)

    def for_day(self) -> Self:
        """What a row of somebody's day needs beside the person, in one query."""
        lead = ("title", "expected_revenue", "currency", "contact_name", "phone", "phone_key")
        person = ("name", "mobile", "mobile_key", "phone", "phone_key")
        of_next = ("name", "default_summary", "default_days", "counted_from", "is_active")
        return self.select_related("type__next_type", "lead__company", "contact", "company").only(
            *("version", "summary", "note", "due_at", "all_day", "assignee", "type__name"),
            *("type__icon", "type__chaining", "lead__company_name", "lead__company__name"),
            *(f"type__next_type__{name}" for name in of_next),
            *(f"lead__{name}" for name in lead),
            *(f"contact__{name}" for name in person),
            *("company__name", "company__phone", "company__phone_key"),
        )

    def for_list(self) -> Self:
        """What a list or an API page needs, in one query."""
        return self.select_related("type__next_type", "assignee", "lead", "contact", "company")
