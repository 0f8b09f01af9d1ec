"""Making one lead of several that are about the same sale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.errors import Conflict, NotFound
from core.ledger.causes import because
from core.ledger.tables import Kind
from core.merging import (
    Choice,
    Group,
    choose,
    move_dependants,
    reference_to,
    register_moving,
)
from core.money import format_money
from crm.belonging import Belonging
from crm.services.merging import (
    Words,
    apply,
    check_not_merged,
    check_number,
    check_versions,
    custom_groups,
    merge_label,
    with_head,
)
from pipeline.models import Lead, Stage
from pipeline.services.access import lock_leads
from pipeline.services.moves import enter_stage, place_and_save
from pipeline.services.touches import save_leads
from pipeline.services.values import check_recurring

if TYPE_CHECKING:
    from crm.models import User
    from pipeline.models import LeadContact

STATUS_RANK = {Lead.Status.OPEN: 2, Lead.Status.WON: 1, Lead.Status.LOST: 0}

GROUPS = (
    Group("title", gettext_lazy("Title"), ("title",)),
    Group(
        "expected_revenue",
        gettext_lazy("Expected revenue"),
        ("expected_revenue", "currency"),
        summable=True,
    ),
    Group(
        "recurring",
        gettext_lazy("Recurring revenue"),
        ("recurring_revenue", "recurring_plan"),
    ),
    Group("expected_close", gettext_lazy("Expected close"), ("expected_close",)),
    Group("company", gettext_lazy("Company"), ("company_id", "company_name")),
    Group("contact_name", gettext_lazy("Contact name"), ("contact_name",)),
    Group("email", gettext_lazy("E-mail"), ("email",)),
    Group("phone", gettext_lazy("Phone"), ("phone",)),
    Group("owner", gettext_lazy("Owner"), ("owner_id",)),
    Group("team", gettext_lazy("Sales team"), ("team_id",)),
    Group("stars", gettext_lazy("Priority"), ("stars_manual",), rule="highest"),
    Group("probability", gettext_lazy("Probability, by hand"), ("probability_manual",), "head"),
    Group("forecast", gettext_lazy("Forecast category"), ("forecast_category",)),
    Group("product", gettext_lazy("Product"), ("product_id",)),
    Group("origin", gettext_lazy("Source"), ("source_id", "medium_id", "campaign_id")),
    Group("first_touch", gettext_lazy("First touch"), ("first_touch_id",)),
    Group("last_touch", gettext_lazy("Last touch"), ("last_touch_id",)),
    Group("budget", gettext_lazy("Budget"), ("budget_confirmed", "budget_amount")),
    Group("decision", gettext_lazy("Decision maker known"), ("decision_maker_known",)),
    Group("timeframe", gettext_lazy("Timeframe"), ("timeframe",)),
    Group("fit", gettext_lazy("Company fits"), ("company_fit",)),
    Group("pain", gettext_lazy("Pain"), ("pain",), rule="join"),
    Group("description", gettext_lazy("Description"), ("description",), rule="join"),
    Group("external", gettext_lazy("External id"), ("external_id", "external_source")),
)
READ = (
    *("owner", "team", "company", "stage", "pipeline", "product", "lost_reason"),
    *("source", "medium", "campaign", "first_touch", "last_touch"),
)


def rank(lead: Lead) -> tuple[Any, ...]:
    """How good a lead is as the one that stays: the best active one ranks highest.

    Active before archived, open before won before lost, an opportunity before a lead, then by
    stage and probability; of equals the one that was there first.
    """
    return (
        lead.archived_at is None,
        STATUS_RANK[Lead.Status(lead.status)],
        lead.kind == Lead.Kind.OPPORTUNITY,
        lead.stage.sequence,
        lead.probability,
        -lead.pk,
    )


class LeadWords(Words):
    """Values of leads in words."""

    def __init__(self) -> None:
        super().__init__(Lead)

    def __call__(self, record: Any, group: Group) -> str:
        """What a lead has of a group; "" for nothing, and no currency without an amount."""
        if group.name == "expected_revenue":
            amount, language = record.expected_revenue, get_language() or "en"
            return format_money(amount, record.currency, language)
        if group.name == "stars":
            return "★" * (record.stars_manual or 0)
        return super().__call__(record, group)


def plan_leads(leads: Sequence[Lead], choices: Mapping[str, str]) -> list[Choice]:
    """What the head of `leads`, the first, gets of each group.

    Amounts in several currencies are not added up.
    """
    one_currency = len({lead.currency for lead in leads if lead.expected_revenue is not None}) < 2
    asked = {
        name: value
        for name, value in choices.items()
        if one_currency or (name, value) != ("expected_revenue", "all")
    }
    return choose(leads, [*GROUPS, *custom_groups(Lead)], LeadWords(), asked)


def read_leads_to_merge(*, ids: Sequence[int], by: User, head: int | None = None) -> list[Lead]:
    """The leads that somebody wants to merge, the best or `head` first."""
    wanted = check_number(ids)
    leads = Lead.objects.visible_to(by, singly=True).filter(pk__in=wanted).select_related(*READ)
    found = list(leads)
    if len(found) < len(wanted):
        check_not_merged(Lead, wanted, found, by)
        raise NotFound(_("There is no such lead."))
    return with_head(sorted(found, key=rank, reverse=True), head)


def merge_leads(
    *,
    ids: Sequence[int],
    by: User | None,
    head: int | None = None,
    choices: Mapping[str, str] | None = None,
    versions: Mapping[int, int] | None = None,
    owner: int | None = None,
    team: int | None = None,
) -> Lead:
    """Make one lead of several: `head`, else the best active one, takes what wins and all that
    hangs on the others, which are deleted. One cause of its own; its undo brings all of it back.

    `choices` maps a group to the id whose values win ("all" adds amounts up); `owner` and `team`
    set these whatever the leads have, and the team follows a new owner. In a team whose stages are
    not the lead's, the lead goes to the first open one of that team.
    """
    wanted = check_number(ids)
    moment = timezone.now()
    with transaction.atomic():
        leads = sorted(lock_leads(wanted, by=by), key=rank, reverse=True)
        leads = with_head(leads, head)
        check_versions(leads, versions or {})
        first, tails = leads[0], leads[1:]
        chosen = plan_leads(leads, choices or {})
        converted = [lead.converted_at for lead in leads if lead.converted_at is not None]
        with because(
            Kind.MERGE, by=by, label=merge_label(first, len(leads)), reference=reference_to(first)
        ):
            move_dependants(first, tails)
            Lead.objects.filter(pk__in=[lead.pk for lead in tails]).delete()
            # Its sets were counted in its version meanwhile.
            first = lock_leads([first.pk], by=None)[0]
            before = first.owner_id
            apply(first, chosen)
            _set_people(first, owner, team)
            if first.owner_id != before:
                first.assigned_at = moment if first.owner_id is not None else None
            if converted and first.kind == Lead.Kind.LEAD:
                first.kind, first.converted_at = Lead.Kind.OPPORTUNITY, min(converted)
            check_recurring(first)
            try:
                _save(first, moment)
            except IntegrityError as error:
                raise Conflict(
                    _("Somebody else changed one of these records meanwhile.")
                ) from error
    return first


def _set_people(lead: Lead, owner: int | None, team: int | None) -> None:
    if owner is not None and owner != lead.owner_id:
        lead.owner_id = owner
        if team is None:
            team = Belonging.read([owner]).default(owner)
    if team is not None:
        lead.team_id = team


def _save(lead: Lead, moment: Any) -> None:
    """Save the head; a stage that is not its team's is left for the first open one that is."""
    stages = Stage.objects.active().for_team(lead.team_id)
    if lead.status == Lead.Status.OPEN and not stages.filter(pk=lead.stage_id).exists():
        theirs = stages.filter(pipeline=lead.pipeline_id, kind=Stage.Kind.OPEN)
        target = theirs.select_related("pipeline").in_order().first()
        if target is not None:
            enter_stage(lead, target, moment)
            place_and_save([lead], target.pk, moment)
            return
    save_leads([lead], moment)


def register() -> None:
    """Say how what hangs on leads and contacts moves between them; called once."""
    register_moving("pipeline.leadcontact.lead", prepare=_one_main, settle=_take_over)
    register_moving("pipeline.leadcontact.contact", settle=_take_over)


def _one_main(moving: Sequence[LeadContact], staying: Sequence[LeadContact]) -> None:
    """A lead has one main contact: its own, else the first that comes."""
    has_main = any(person.is_main for person in staying)
    for person in moving:
        person.is_main = person.is_main and not has_main
        has_main = has_main or person.is_main


def _take_over(going: LeadContact, staying: LeadContact) -> None:
    """The same person twice on a lead: once, with the role and the place of both."""
    staying.role = staying.role or going.role
    if going.is_main and going.lead_id == staying.lead_id:
        staying.is_main = True
