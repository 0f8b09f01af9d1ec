"""A batch of planned leads: what they name is found or made, then they are made or updated."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from capture.history import closing_date, moment_of
from capture.planning import Plan
from capture.report import SHOWN, ImportReport, RowError
from capture.services.people import People, Person
from capture.services.registers import Registers
from capture.stages import Status
from core.errors import ServiceError
from core.folding import fold
from crm.models import Company, Contact
from crm.organisation import organisation
from pipeline.models import Lead, LeadTag, LostReason, Stage
from pipeline.services.closing import lose_leads, reopen_lead, win_leads
from pipeline.services.leads import LeadDraft, Step, create_leads, update_leads
from pipeline.services.moves import move_leads
from pipeline.services.sets import set_tags

_PLAIN = ("description", "email", "expected_revenue", "currency")
_COMPANY_DETAILS = "company."


@dataclass(slots=True)
class Change:
    """How a lead that is there differs from its row."""

    values: dict[str, Any]
    tags: list[int]
    moved: bool

    def __bool__(self) -> bool:
        return bool(self.values or self.tags or self.moved)


@dataclass
class BatchWriter:
    """Writes batches of plans of one file. `stages` holds the stages of all books by id.

    `note` is called with the number of the last row in the transaction that writes it.
    """

    source: str
    file: str
    registers: Registers
    people: People
    report: ImportReport
    stages: Mapping[int, Stage]
    zone: dt.tzinfo
    now: dt.datetime
    rehearsal: bool
    note: Callable[[int], None] | None = None

    def write(self, plans: Sequence[Plan]) -> None:
        """Make or update the leads of a batch, in one transaction.

        Should something refuse a row that looked right, the batch is halved until that row stands
        alone; it becomes an error, and all others are written.
        """
        saved = (self.registers.saved(), self.people.saved(), self.report.saved())
        try:
            with transaction.atomic():
                self._write(plans)
                if self.note is not None:
                    self.note(plans[-1].number)
        except (ServiceError, DataError, IntegrityError) as error:
            for part, state in zip((self.registers, self.people, self.report), saved, strict=True):
                vars(part).update(state)
            if len(plans) > 1:
                middle = len(plans) // 2
                self.write(plans[:middle])
                self.write(plans[middle:])
            else:
                self._fail(plans[0], error)

    def _write(self, plans: Sequence[Plan]) -> None:
        self._learn(plans)
        known = self._known(plans)
        tags = self._tags_of(known)
        fresh: list[tuple[Plan, dict[str, Any]]] = []
        for plan in plans:
            values = self._values(plan)
            lead = known.get(plan.external_id)
            if lead is None:
                fresh.append((plan, values))
            else:
                self._update(plan, lead, self._change(plan, values, lead, tags))
        if fresh:
            self._create(fresh)

    def _learn(self, plans: Sequence[Plan]) -> None:
        """See that every record that the rows name is there."""
        registers = self.registers
        self.people.learn(_person(plan) for plan in plans)
        for plan in plans:
            details = {
                name.removeprefix(_COMPANY_DETAILS): value
                for name, value in plan.values.items()
                if name.startswith(_COMPANY_DETAILS) and "parent" not in name
            }
            if details and "company" in plan.values:
                registers.details.setdefault(
                    registers.companies.key(plan.values["company"]), details
                )
        for name, register in (
            ("company", registers.companies),
            ("product", registers.products),
            ("source", registers.sources),
            ("medium", registers.mediums),
            ("campaign", registers.campaigns),
        ):
            register.learn(plan.values[name] for plan in plans if name in plan.values)
        registers.details.clear()
        registers.tags.learn(tag for plan in plans for tag in plan.values.get("tags", ()))
        registers.reasons.learn(_reason(plan) for plan in plans if plan.status is Status.LOST)
        self._learn_references(plans)

    def _learn_references(self, plans: Sequence[Plan]) -> None:
        """Find companies and people whom rows name by an id that an earlier import brought."""
        for name, model, known in (
            ("company_id", Company, self.registers.companies_by_reference),
            ("contact_id", Contact, self.registers.contacts_by_reference),
        ):
            wanted = {
                plan.values[name]
                for plan in plans
                if name in plan.values and plan.values[name] not in known
            }
            if wanted:
                records: Any = model.objects.filter(  # type: ignore[attr-defined]
                    external_source=self.source, external_id__in=wanted
                )
                known.update(records.values_list("external_id", "pk"))

    def _known(self, plans: Sequence[Plan]) -> dict[str, Lead]:
        wanted = [plan.external_id for plan in plans if plan.external_id]
        if not wanted:
            return {}
        leads = Lead.objects.filter(external_source=self.source, external_id__in=wanted)
        return {lead.external_id: lead for lead in leads}

    def _tags_of(self, known: Mapping[str, Lead]) -> Mapping[int, set[int]]:
        tags: dict[int, set[int]] = defaultdict(set)
        if known:
            links = LeadTag.objects.filter(lead__in=[lead.pk for lead in known.values()])
            for lead, tag in links.values_list("lead", "tag"):
                tags[lead].add(tag)
        return tags

    def _values(self, plan: Plan) -> dict[str, Any]:
        """The values of a lead as its row gives them, records by id."""
        row, registers = plan.values, self.registers
        values = {name: row[name] for name in _PLAIN if name in row}
        if plan.contact_name:
            values["contact_name"] = plan.contact_name[:150]
        if plan.phone:
            values["phone"] = plan.phone
        company = registers.companies_by_reference.get(row.get("company_id", ""))
        if company is None and "company" in row:
            company = registers.companies.id_of(row["company"])
        if company is not None:
            values["company"] = company
        for name, register in (
            ("product", registers.products),
            ("source", registers.sources),
            ("medium", registers.mediums),
            ("campaign", registers.campaigns),
        ):
            if name in row:
                values[name] = register.id_of(row[name])
        person = _person(plan)
        owner = self.people.find(person)
        if owner is not None:
            values["owner"] = owner
        team = self.people.team(person)
        if team is not None:
            values["team"] = team
        expected = row.get("expected_close")
        if expected is None and plan.status is Status.OPEN:
            expected = row.get("close_date")
        if expected is not None:
            values["expected_close"] = (
                expected.astimezone(self.zone).date()
                if isinstance(expected, dt.datetime)
                else expected
            )
        if "title" in row:
            values["title"] = row["title"]
        custom = {
            name.removeprefix("custom."): value
            for name, value in row.items()
            if name.startswith("custom.")
        }
        if custom:
            values["custom"] = custom
        return values

    def _create(self, fresh: Sequence[tuple[Plan, dict[str, Any]]]) -> None:
        if not self.rehearsal:
            reasons = self._reasons([plan for plan, _values in fresh])
            drafts = [self._draft(plan, dict(values), reasons) for plan, values in fresh]
            create_leads(drafts=drafts, by=None)
        for plan, _values in fresh:
            self.report.created += 1
            self._count(plan)
            self._show(plan, "create")

    def _draft(
        self, plan: Plan, values: dict[str, Any], reasons: Mapping[int, LostReason]
    ) -> LeadDraft:
        row, registers = plan.values, self.registers
        if "title" not in values:
            values["title"] = plan.title(self._product(plan), self._company(plan))
        if "team" not in values and values.get("owner") in self.people.team_of:
            values["team"] = self.people.team_of[values["owner"]]
        values.setdefault("owner", None)
        if plan.external_id:
            values["external_source"] = self.source
            values["external_id"] = plan.external_id
        lost = reasons.get(registers.reasons.id_of(_reason(plan))) if _is_lost(plan) else None
        steps = [
            Step(
                point.at,
                self.stages[point.stage],
                str(point.status),
                lost if point.status is Status.LOST else None,
            )
            for point in plan.points
        ] or [Step(self.now, self.stages[plan.stage.id], str(plan.status), lost)]
        contact = registers.contacts_by_reference.get(row.get("contact_id", ""))
        contact = contact or registers.contacts_by_name.get(fold(plan.contact_name))
        return LeadDraft(
            values=values,
            steps=steps,
            tags=[registers.tags.id_of(tag) for tag in row.get("tags", ())],
            contacts=[(contact, "")] if contact else [],
        )

    def _reasons(self, plans: Sequence[Plan]) -> dict[int, LostReason]:
        ids = {self.registers.reasons.id_of(_reason(plan)) for plan in plans if _is_lost(plan)}
        return LostReason.objects.in_bulk(ids) if ids else {}

    def _change(
        self, plan: Plan, values: dict[str, Any], lead: Lead, tags: Mapping[int, set[int]]
    ) -> Change:
        custom = {
            key: value
            for key, value in values.pop("custom", {}).items()
            if lead.custom.get(key) != value
        }
        changed = {
            name: value
            for name, value in values.items()
            if getattr(lead, lead._meta.get_field(name).attname) != value  # type: ignore[union-attr]
        }
        if custom:
            changed["custom"] = custom
        wanted = [self.registers.tags.id_of(tag) for tag in plan.values.get("tags", ())]
        missing = [tag for tag in wanted if tag not in tags[lead.pk]]
        moved = False
        if plan.says_stage:
            same_stage = plan.stage.id == lead.stage_id or plan.status is Status.LOST
            moved = str(plan.status) != lead.status or not same_stage
            if plan.status is Status.LOST and "lost_reason" in plan.values:
                moved = moved or self.registers.reasons.id_of(_reason(plan)) != lead.lost_reason_id
        return Change(changed, missing, moved)

    def _update(self, plan: Plan, lead: Lead, change: Change) -> None:
        self._count(plan)
        if not change:
            self.report.skipped += 1
            self._show(plan, "keep")
            return
        if self.rehearsal:
            self._try_out(plan, lead, change)
        else:
            self._apply(plan, lead, change)
        self.report.updated += 1
        self._show(plan, "update")

    def _try_out(self, plan: Plan, lead: Lead, change: Change) -> None:
        """See whether a lead may move as its row says, and take it back."""
        reason = self.registers.reasons.id_of(_reason(plan)) if _is_lost(plan) else 1
        if not change.moved or plan.stage.id < 0 or reason < 0:
            return
        values = {
            name: value
            for name, value in change.values.items()
            if not (isinstance(value, int) and value < 0)
        }
        with transaction.atomic():
            self._apply(plan, lead, Change(values, [], True))
            transaction.set_rollback(True)

    def _apply(self, plan: Plan, lead: Lead, change: Change) -> None:
        if change.values:
            update_leads(leads=[lead.pk], values=change.values, by=None)
        if change.tags:
            set_tags(leads=[lead.pk], add=change.tags, by=None)
        if change.moved:
            self._move(plan, lead)

    def _move(self, plan: Plan, lead: Lead) -> None:
        closing = closing_date(plan.values, plan.status)
        at = moment_of(closing, self.zone, self.now) if closing else None
        was = Status(lead.status)
        if plan.status is not Status.LOST and was is Status.LOST:
            target = plan.stage.id if plan.status is Status.OPEN else None
            reopen_lead(lead=lead.pk, stage=target, by=None)
        if plan.status is Status.LOST:
            if was is Status.WON:
                reopen_lead(lead=lead.pk, by=None)
            reason = self.registers.reasons.id_of(_reason(plan))
            lose_leads(leads=[lead.pk], reason=reason, at=at, by=None)
        elif plan.status is Status.WON:
            win_leads(leads=[lead.pk], stage=plan.stage.id, at=at, by=None)
        elif was is not Status.LOST:
            move_leads(leads=[lead.pk], stage=plan.stage.id, by=None)

    def _fail(self, plan: Plan, error: Exception) -> None:
        """Put down a row that a service or the database refuses."""
        fields = getattr(error, "fields", {})
        words = " ".join(text for texts in fields.values() for text in texts)
        message = words or getattr(error, "message", "") or _("The database refuses this row.")
        self.report.add_error(RowError(plan.number, ", ".join(fields), message, self.file))
        self.report.skipped += 1
        self.report.failed += 1
        self._show(plan, "fail")

    def _product(self, plan: Plan) -> str:
        name = plan.values.get("product")
        return self.registers.products.name_of(name) if name else ""

    def _company(self, plan: Plan) -> str:
        name = plan.values.get("company")
        return self.registers.companies.name_of(name) if name else ""

    def _count(self, plan: Plan) -> None:
        amount = plan.values.get("expected_revenue")
        self.report.add_lead(str(plan.status), amount, self._currency(plan))

    def _currency(self, plan: Plan) -> str:
        pipeline = self.stages[plan.stage.id].pipeline
        return plan.values.get("currency") or pipeline.currency or self.usual_currency

    @cached_property
    def usual_currency(self) -> str:
        """That of the organisation; read once for all rows."""
        return organisation().currency

    def _show(self, plan: Plan, action: str) -> None:
        if len(self.report.preview) >= SHOWN:
            return
        row = plan.values
        amount = row.get("expected_revenue")
        lead = {
            "title": plan.title(self._product(plan), self._company(plan)),
            "company": self._company(plan),
            "contact_name": plan.contact_name,
            "product": self._product(plan),
            "stage": plan.stage.name,
            "status": str(plan.status),
            "expected_revenue": "" if amount is None else str(amount),
            "currency": self._currency(plan),
            "owner": row.get("owner", ""),
            "created_at": plan.points[0].at.isoformat() if plan.points else "",
            "closed_at": plan.points[-1].at.isoformat()
            if plan.points and plan.status is not Status.OPEN
            else "",
        }
        self.report.show(plan.number, action, lead)


def _is_lost(plan: Plan) -> bool:
    return plan.status is Status.LOST


def _reason(plan: Plan) -> str:
    """Why a lost lead was lost, as far as the file tells."""
    return str(plan.values.get("lost_reason") or _("Not recorded"))


def _person(plan: Plan) -> Person:
    row = plan.values
    return Person(
        name=row.get("owner", ""),
        email=row.get("owner_email", ""),
        reference=row.get("owner_id", ""),
        manager=row.get("manager", ""),
        team=row.get("team", ""),
        region=row.get("region", ""),
    )
