"""Moving leads between stages and places. The only writer of StageVisit, and of what a lead
keeps of its stage (`stage_entered_at`, `probability_stage`)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotFound, Refused
from core.ledger.bulk import insert_rows
from core.ledger.locking import is_deadlock
from core.ledger.store import Entry
from core.ledger.tables import Action
from pipeline.models import CriterionTick, Lead, Stage, StageVisit
from pipeline.models.stages import StageTeam
from pipeline.past import Visit
from pipeline.ranking import spread
from pipeline.services.access import describe_conflict, lock_leads
from pipeline.services.sets import replace_sets
from pipeline.services.touches import save_leads
from pipeline.services.values import SETS, assign_values

if TYPE_CHECKING:
    from crm.models import User

#: How often a place is asked for anew when somebody else took it at the same moment.
ATTEMPTS = 8
NO_SETS: Mapping[str, Sequence[int]] = MappingProxyType({})


def move_lead(*, lead: int, **arguments: Any) -> Lead:
    """Move one lead; see `move_leads`."""
    return move_leads(leads=[lead], **arguments)[0]


def move_leads(
    *,
    leads: Sequence[int],
    stage: int,
    by: User | None,
    above: int | None = None,
    below: int | None = None,
    fields: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
    expected_stage: int | None = None,
) -> list[Lead]:
    """Put leads, in the order given, into a stage: below one card, above another, else on top.

    `fields` gives values that the stage requires, in the same step. Conflict: the one lead is not
    in the stage, or of the version, in which it was seen. What is returned knows the stage that it
    left (`came_from`). Into a won stage means won;
    out of one, open again. Refused: a lost lead (reopen it first), a stage of another team,
    required fields that stay empty, a required exit criterion that is not met.
    """
    with transaction.atomic():
        chosen = lock_leads(leads, by=by, expected_version=expected_version)
        if expected_stage is not None and chosen[0].stage_id != expected_stage:
            raise Conflict(describe_conflict(chosen[0]))
        target = get_stage(stage, by=by)
        moment = timezone.now()
        entering = [lead for lead in chosen if lead.stage_id != target.pk]
        check_moves(entering, target)
        sets = {name: fields[name] for name in SETS if name in fields} if fields else {}
        _read_sets(entering, target, sets)
        for lead in chosen:
            if fields:
                assign_values(lead, fields, by=by, moment=moment)
            if lead.stage_id != target.pk:
                check_required(lead, target, sets)
                lead.came_from = lead.stage
                enter_stage(lead, target, moment)
            elif fields and lead.status == Lead.Status.OPEN:
                check_not_emptied(lead, _names(fields), sets)
        place_and_save(chosen, target.pk, moment, above=above, below=below)
        replace_sets(chosen, sets)
    return chosen


def _names(fields: Mapping[str, Any]) -> set[str]:
    """What is set, as stages name it."""
    return {*fields, *(f"custom.{key}" for key in fields.get("custom") or ())}


def _read_sets(leads: Sequence[Lead], target: Stage, sets: Mapping[str, Sequence[int]]) -> None:
    """Read at once the sets that `target` requires, for all leads that are about to enter it."""
    names = [name for name in target.required_fields if name in SETS and name not in sets]
    if names and len(leads) > 1:
        prefetch_related_objects(leads, *names)


def get_stage(stage: int, *, by: User | None) -> Stage:
    """A stage that the person sees, with whether it is limited to teams (`is_limited`)."""
    stages = Stage.objects.active() if by is None else Stage.objects.active().visible_to(by)
    found: Stage | None = (
        stages.select_related("pipeline")
        .annotate(is_limited=Exists(StageTeam.objects.filter(stage=OuterRef("pk"))))
        .filter(pk=stage)
        .first()
    )
    if found is None:
        raise NotFound(_("There is no such stage."))
    return found


def check_moves(leads: Sequence[Lead], target: Any) -> None:
    """Refuse what may not enter `target`, before anything is changed."""
    for lead in leads:
        if lead.status == Lead.Status.LOST:
            raise Refused(_("“%s” is lost. Reopen it first.") % lead.title)
    if target.is_limited and leads:
        teams = set(StageTeam.objects.filter(stage=target).values_list("team_id", flat=True))
        for lead in leads:
            if lead.team_id not in teams:
                raise Refused(
                    _("“%(stage)s” is a stage of another team than that of “%(lead)s”.")
                    % {"stage": target.name, "lead": lead.title}
                )
    unmet = [
        lead
        for lead in leads
        if lead.stage.criterion_required
        and lead.stage.pipeline_id == target.pipeline_id
        and lead.stage.sequence < target.sequence
    ]
    if not unmet:
        return
    met = set(CriterionTick.objects.filter(lead__in=unmet).values_list("lead_id", "stage_id"))
    for lead in unmet:
        if (lead.pk, lead.stage_id) not in met:
            criterion = lead.stage.exit_criterion or lead.stage.name
            message = _("First tick the exit criterion: %s") % criterion
            raise Refused(message, {"criterion": [message]})


def check_required(lead: Lead, target: Stage, sets: Mapping[str, Sequence[int]] = NO_SETS) -> None:
    """Refuse a lead that lacks what `target` requires, naming the fields; `sets` are about to be
    put on it."""
    missing = [name for name in target.required_fields if is_empty(lead, name, sets)]
    if missing:
        raise Refused(
            _("“%s” asks for more before a lead may enter it.") % target.name,
            {name: [_("Required in the stage “%s”.") % target.name] for name in missing},
        )


def check_not_emptied(
    lead: Lead, names: Collection[str], sets: Mapping[str, Sequence[int]] = NO_SETS
) -> None:
    """Refuse a lead that lacks those of `names` which its own stage requires; `sets` were put."""
    asked = [name for name in lead.stage.required_fields if name in names]
    missing = [name for name in asked if is_empty(lead, name, sets)]
    if missing:
        raise Refused(
            _("“%s” asks for what would be empty.") % lead.stage.name,
            {name: [_("Required in the stage “%s”.") % lead.stage.name] for name in missing},
        )


def is_empty(lead: Lead, name: str, sets: Mapping[str, Sequence[int]] = NO_SETS) -> bool:
    """Whether a lead lacks what the field `name` holds; `sets` are about to be put on it."""
    if name in sets:
        return not sets[name]
    if name.startswith("custom."):
        return lead.custom.get(name.removeprefix("custom.")) in (None, "", [])
    field = Lead._meta.get_field(name)
    if field.many_to_many:
        return not getattr(lead, name).exists()
    return getattr(lead, field.attname) in (None, "")  # type: ignore[union-attr]


def enter_stage(lead: Lead, target: Stage, moment: dt.datetime) -> None:
    """Set what standing in `target` since `moment` means for a lead; nothing is saved here."""
    forward = lead.stage_id is not None and (
        lead.stage.pipeline_id != target.pipeline_id or target.sequence > lead.stage.sequence
    )
    if lead.kind == Lead.Kind.LEAD and (forward or target.is_won):
        lead.kind = Lead.Kind.OPPORTUNITY
        lead.converted_at = moment
    lead.stage = target
    lead.pipeline_id = target.pipeline_id
    lead.probability_stage = Decimal(target.probability)
    lead.stage_entered_at = moment
    if target.is_won:
        if lead.status != Lead.Status.WON:
            lead.status = Lead.Status.WON
            lead.closed_at = moment
            lead.lost_reason = None
            lead.lost_note = ""
    elif lead.status == Lead.Status.WON:
        lead.status = Lead.Status.OPEN
        lead.closed_at = None


def place_and_save(
    leads: Sequence[Lead],
    stage: int,
    moment: dt.datetime,
    *,
    above: int | None = None,
    below: int | None = None,
) -> None:
    """Save leads with places in `stage`. Should another card take the place, look again."""
    for _attempt in range(ATTEMPTS):
        ranks = free_ranks(
            stage, len(leads), above=above, below=below, moving=[lead.pk for lead in leads]
        )
        for lead, rank in zip(leads, ranks, strict=True):
            lead.position = rank
        try:
            with transaction.atomic():
                save_leads(leads, moment)
        except IntegrityError as error:
            if "position" not in str(error):
                raise
        except OperationalError as error:
            # Two people who wait for each other's places: one begins anew.
            if not is_deadlock(error):
                raise
        else:
            return
    raise Conflict(_("Many people are moving cards here just now. Try again."))


def free_ranks(
    stage: int,
    count: int,
    *,
    above: int | None = None,
    below: int | None = None,
    moving: Sequence[int] = (),
) -> list[str]:
    """`count` free ranks in a stage: after the card `below`, before the card `above`, else on top.

    A neighbour that has left the stage meanwhile is passed over.
    """
    column = Lead.objects.filter(stage=stage).exclude(pk__in=moving).order_by("position")
    if below is not None:
        after = column.filter(
            position__gte=Lead.objects.filter(pk=below, stage=stage).values("position")
        )
        ranks = list(after.values_list("position", flat=True)[:2])
        if ranks:
            return spread(ranks[0], ranks[1] if len(ranks) > 1 else None, count)
    if above is not None:
        before = column.filter(
            position__lte=Lead.objects.filter(pk=above, stage=stage).values("position")
        )
        ranks = list(before.reverse().values_list("position", flat=True)[:2])
        if ranks:
            return spread(ranks[1] if len(ranks) > 1 else None, ranks[0], count)
    top = column.values_list("position", flat=True).first()
    return spread(None, top, count)


def tick_criterion(*, lead: int, stage: int, by: User | None, met: bool = True) -> Lead:
    """Tick (or untick) the exit criterion of a stage on a lead."""
    with transaction.atomic():
        chosen = lock_leads([lead], by=by)[0]
        if not Stage.objects.filter(pk=stage, pipeline=chosen.pipeline_id).exists():
            raise NotFound(_("There is no such stage."))
        tick = CriterionTick.objects.filter(lead=chosen, stage=stage).first()
        if met and tick is None:
            CriterionTick.objects.create(lead=chosen, stage_id=stage, at=timezone.now())
        elif not met and tick is not None:
            tick.delete()
    return chosen


def follow(entries: Sequence[Entry]) -> None:
    """Close and open visits for a batch of changes of leads."""
    visits: dict[int, list[Visit]] = {}
    left: dict[int, dt.datetime] = {}
    for entry in entries:
        if entry.action == Action.DELETED or entry.after is None or entry.at is None:
            continue
        after, before = entry.after, entry.before
        stage, status, lead = after["stage_id"], str(after["status"]), entry.record_id
        if before is not None:
            was = str(before["status"])
            same = before["stage_id"] == stage
            if same and (was == "lost") == (status == "lost"):
                continue
            mine = visits.setdefault(lead, [])
            if was != "lost":
                if mine:
                    mine[-1].left_at = max(entry.at, mine[-1].entered_at)
                else:
                    left[lead] = entry.at
        mine = visits.setdefault(lead, [])
        if status != "lost":
            mine.append(Visit(stage, entry.at))
        elif before is None:
            mine.append(Visit(stage, entry.at, entry.at))
    if left:
        _leave(left)
    insert_visits((lead, visit) for lead, mine in visits.items() for visit in mine)


def insert_visits(visits: Iterable[tuple[int, Visit]]) -> None:
    """Insert stays of leads."""
    insert_rows(
        StageVisit,
        ("lead_id", "stage_id", "entered_at", "left_at"),
        ((lead, visit.stage, visit.entered_at, visit.left_at) for lead, visit in visits),
        "default",
    )


def _leave(left: Mapping[int, dt.datetime]) -> None:
    """End the open visits of leads at their moments, never before they began, in one statement."""
    table = StageVisit._meta.db_table
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} AS old SET left_at = greatest(new.moment, old.entered_at)"
                " FROM unnest(%s::bigint[], %s::timestamptz[]) AS new(lead, moment)"
                " WHERE old.lead_id = new.lead AND old.left_at IS NULL",
                [list(left), list(left.values())],
            )
        return
    adapt = StageVisit._meta.get_field("left_at").get_db_prep_save
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET left_at = max(%s, entered_at)"
            " WHERE lead_id = %s AND left_at IS NULL",
            [(adapt(moment, connection), lead) for lead, moment in left.items()],
        )


def prepare_restore(leads: Iterable[Lead]) -> None:
    """Before an undo writes places back: a place that is taken by now is made anew beside it."""
    wanted: dict[int, list[Lead]] = {}
    for lead in leads:
        wanted.setdefault(lead.stage_id, []).append(lead)
    for stage, group in wanted.items():
        mine = {lead.pk for lead in group}
        taken = set(
            Lead.objects.filter(stage=stage, position__in=[lead.position for lead in group])
            .exclude(pk__in=mine)
            .values_list("position", flat=True)
        )
        for lead in group:
            if lead.position in taken:
                following = (
                    Lead.objects.filter(stage=stage, position__gt=lead.position)
                    .exclude(pk=lead.pk)
                    .order_by("position")
                    .values_list("position", flat=True)
                    .first()
                )
                lead.position = spread(lead.position, following, 1)[0]
            taken.add(lead.position)
