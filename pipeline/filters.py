"""What lists of leads, activities, pipelines and stages can be filtered by."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from core.dates import next_month, tomorrow
from core.filters import (
    ArchivedFilter,
    ChoicesFilter,
    DayFilter,
    Filters,
    FlagFilter,
    Ids,
    IdsFilter,
    MomentFilter,
    TextFilter,
    condition,
)
from crm.models import Team
from pipeline.models import (
    Activity,
    ActivityType,
    Lead,
    LeadCollaborator,
    LeadContact,
    LeadFollower,
    LeadTag,
    LostReason,
    Pipeline,
    Plan,
    PlanStep,
    Stage,
)

OWNED = ("me", "none")


def _linked(link: Any, child: str) -> Any:
    """A filter function: leads that are linked by `link` to any of the ids, or to none at all."""

    def of(queryset: QuerySet[Any], value: Ids) -> QuerySet[Any]:
        wanted: Any = Q(pk__in=link.objects.filter(**{f"{child}__in": value.ids}).values("lead"))
        if value.none:
            wanted |= ~Exists(link.objects.filter(lead=OuterRef("pk")))
        return queryset.filter(wanted)

    return of


def _next_step(queryset: Any, words: list[str]) -> QuerySet[Any]:
    now = timezone.now()
    wanted = Q(pk__in=[])
    if "none" in words:
        wanted |= Q(next_activity_at__isnull=True)
    if "overdue" in words:
        wanted |= Q(next_activity_at__lt=now)
    if "planned" in words:
        wanted |= Q(next_activity_at__gte=now)
    if "today" in words:
        wanted |= Q(next_activity_at__gte=now, next_activity_at__lt=tomorrow(now))
    if "later" in words:
        wanted |= Q(next_activity_at__gte=tomorrow(now))
    return queryset.open().filter(wanted)  # type: ignore[no-any-return]


def _of_owners(queryset: Any, value: Ids) -> QuerySet[Any]:
    if value.user is not None and value.ids == (value.user.pk,) and not value.none:
        return queryset.owned_by(value.user)  # type: ignore[no-any-return]
    wanted = Q(owner__in=value.ids)
    return queryset.filter(wanted | Q(owner__isnull=True) if value.none else wanted)  # type: ignore[no-any-return]


def _of_teams(queryset: QuerySet[Any], value: Ids) -> QuerySet[Any]:
    teams = set(value.ids)
    if value.mine and value.user is not None:
        # A list of keys, not a subquery: the index by team is walked team by team.
        teams.update(Team.objects.of(value.user).values_list("pk", flat=True))
    wanted = Q(team__in=teams)
    return queryset.filter(wanted | Q(team__isnull=True) if value.none else wanted)


def _closing(queryset: Any, words: list[str]) -> QuerySet[Any]:
    today = timezone.localdate()
    first = today.replace(day=1)
    second = next_month(first)
    wanted = Q(pk__in=[])
    if "this_month" in words:
        wanted |= Q(expected_close__gte=first, expected_close__lt=second)
    if "next_month" in words:
        wanted |= Q(expected_close__gte=second, expected_close__lt=next_month(second))
    if "overdue" in words:
        wanted |= Q(expected_close__lt=today, status=Lead.Status.OPEN)
    return queryset.filter(wanted)  # type: ignore[no-any-return]


def _stalled(queryset: Any, stalled: bool) -> QuerySet[Any]:
    late = queryset.stalled(timezone.now())
    if stalled:
        return late  # type: ignore[no-any-return]
    return queryset.exclude(pk__in=late.order_by().values("pk"))  # type: ignore[no-any-return]


def _searching(queryset: Any, text: str) -> QuerySet[Any]:
    return queryset.searching(text)  # type: ignore[no-any-return]


class LeadFilters(Filters):
    """Filters of leads."""

    q = TextFilter(of=_searching, description="Words anywhere in the lead.")
    where = condition("pipeline.lead")
    status = ChoicesFilter("status", choices=Lead.Status.values)
    kind = ChoicesFilter("kind", choices=Lead.Kind.values)
    pipeline = IdsFilter("pipeline", words=())
    stage = IdsFilter("stage", words=())
    owner = IdsFilter(of=_of_owners, words=OWNED)
    team = IdsFilter(
        of=_of_teams,
        words=("none", "mine"),
        description="`mine` are the teams that you are in or lead.",
    )
    collaborator = IdsFilter(of=_linked(LeadCollaborator, "user"), words=OWNED)
    follower = IdsFilter(of=_linked(LeadFollower, "user"), words=OWNED)
    tag = IdsFilter(of=_linked(LeadTag, "tag"), description="Leads with any of these tags.")
    company = IdsFilter("company")
    contact = IdsFilter(of=_linked(LeadContact, "contact"))
    product = IdsFilter("product")
    source = IdsFilter("source")
    medium = IdsFilter("medium")
    campaign = IdsFilter("campaign")
    lost_reason = IdsFilter("lost_reason", words=())
    currency = TextFilter("currency", description="Three capital letters, such as `EUR`.")
    forecast_category = ChoicesFilter("forecast_category", choices=Lead.ForecastCategory.values)
    next_step = ChoicesFilter(
        of=_next_step,
        choices=("none", "overdue", "planned", "today", "later"),
        description="Open leads by what is planned on them: `today` and `later` are the two parts "
        "of `planned`.",
    )
    closing = ChoicesFilter(
        of=_closing,
        choices=("this_month", "next_month", "overdue"),
        description="By the expected close; `overdue` are open leads that should be closed.",
    )
    stalled = FlagFilter(
        of=_stalled, description="Open leads that stand in their stage for longer than expected."
    )
    archived = ArchivedFilter()
    external_source = TextFilter("external_source", description="Where it was imported from.")
    external_id = TextFilter("external_id", description="Its id there.")
    created_from = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")
    updated_from = MomentFilter("updated_at", "gte")
    updated_before = MomentFilter("updated_at", "lt")
    closed_from = MomentFilter("closed_at", "gte")
    closed_before = MomentFilter("closed_at", "lt")
    expected_close_from = DayFilter("expected_close", "gte")
    expected_close_before = DayFilter("expected_close", "lt")

    class Meta:
        model = Lead
        fields: list[str] = []


def _state(queryset: Any, words: list[str]) -> QuerySet[Any]:
    now = timezone.now()
    wanted = Q(pk__in=[])
    if "done" in words:
        wanted |= Q(done_at__isnull=False)
    if "to_do" in words:
        wanted |= Q(done_at__isnull=True)
    if "overdue" in words:
        wanted |= Q(done_at__isnull=True, due_at__lt=now)
    return queryset.filter(wanted)  # type: ignore[no-any-return]


class ActivityFilters(Filters):
    """Filters of activities."""

    where = condition("pipeline.activity")
    lead = IdsFilter("lead")
    contact = IdsFilter("contact")
    company = IdsFilter("company")
    assignee = IdsFilter("assignee", words=OWNED)
    type = IdsFilter("type", words=())
    state = ChoicesFilter(of=_state, choices=("to_do", "overdue", "done"))
    outcome = ChoicesFilter("outcome", choices=Activity.Outcome.values)
    due_from = MomentFilter("due_at", "gte")
    due_before = MomentFilter("due_at", "lt")
    done_from = MomentFilter("done_at", "gte")
    done_before = MomentFilter("done_at", "lt")

    class Meta:
        model = Activity
        fields: list[str] = []


class PipelineFilters(Filters):
    """Filters of pipelines."""

    active = FlagFilter("is_active")

    class Meta:
        model = Pipeline
        fields: list[str] = []


class StageFilters(Filters):
    """Filters of stages."""

    pipeline = IdsFilter("pipeline", words=())
    kind = ChoicesFilter("kind", choices=Stage.Kind.values)
    active = FlagFilter("is_active")

    class Meta:
        model = Stage
        fields: list[str] = []


class ActivityTypeFilters(Filters):
    """Filters of activity types."""

    active = FlagFilter("is_active")

    class Meta:
        model = ActivityType
        fields: list[str] = []


class PlanFilters(Filters):
    """Filters of plans."""

    active = FlagFilter("is_active")

    class Meta:
        model = Plan
        fields: list[str] = []


class PlanStepFilters(Filters):
    """Filters of the steps of plans."""

    plan = IdsFilter("plan", words=())
    type = IdsFilter("type", words=())

    class Meta:
        model = PlanStep
        fields: list[str] = []


class LostReasonFilters(Filters):
    """Filters of lost reasons."""

    active = FlagFilter("is_active")

    class Meta:
        model = LostReason
        fields: list[str] = []
