"""The lives of leads: what happened to each, as rows and as changes, exactly as the services would
have left it had people done it at the time."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from decimal import Decimal
from typing import Any

from core.folding import fold
from demo.beginnings import Beginnings
from demo.life import Life, Setting, moment, rounded
from demo.plan import DAY, Outline, Turn, turns
from demo.steps import Steps
from demo.why import Why
from demo.writing import Deed, Ledger, Row, Table
from pipeline.models import LeadSpan, StageVisit
from pipeline.services.search import LENGTH

TIMEFRAMES = ("now", "quarter", "quarter", "year", "later")
VISIT = ("lead_id", "stage_id", "entered_at", "left_at")
SPAN = (
    "lead_id",
    "starts_at",
    "ends_at",
    "pipeline_id",
    "stage_id",
    "status",
    "owner_id",
    "team_id",
    "amount",
    "currency",
    "probability",
    "archived",
)


class Storyteller:
    """Tells the lives of leads one after the other, in the order in which they came."""

    def __init__(self, setting: Setting, rng: random.Random, chapter: int) -> None:
        self.setting = setting
        self.rng = rng
        self.words = setting.words
        self.world = setting.world
        self.days = setting.days
        self.now = setting.days.now.timestamp()
        self.why = Why(setting.seed)
        self.ledger = Ledger(setting.vendor)
        self.beginnings = Beginnings(setting, rng, self.why, chapter)
        self.leads = self.beginnings.leads
        self.steps = Steps(setting, rng, self.why, chapter)
        self.visits = Table(StageVisit, setting.vendor, VISIT)
        self.spans = Table(LeadSpan, setting.vendor, SPAN)
        # Between the days that a stage expects, and for the first one a little longer.
        self.usual = [
            max(((stage.days_min or 0) + (stage.days_max or 10)) / 2, 2) * DAY
            for stage in setting.world.stages
            if not stage.is_won
        ]

    def tables(self) -> list[Table]:
        """All tables that are written to."""
        begun = self.beginnings
        records = (
            begun.known.companies,
            begun.known.contacts,
            begun.touches,
            begun.leads,
            begun.on_leads,
            self.steps.records,
        )
        return [
            *(record.table for record in records),
            begun.tags,
            self.visits,
            self.spans,
            self.ledger.changes,
        ]

    def tell(self, number: int, outline: Outline) -> None:
        """Tell the life of one lead; its rows wait to be written."""
        way = turns(self.rng, outline, self.usual, self.now)
        life = self.beginnings.begin(number, way)
        for place, turn in enumerate(way[1:], 1):
            self._go_on(life, way[place - 1], turn)
        if way[-1].status == "open":
            since = self._push(life, moment(way[-1].at))
            if life.row["owner_id"] is not None:
                life.row["next_activity_at"] = self.steps.planned(life, since)
        self._end(life)

    # How it went on

    def _go_on(self, life: Life, before: Turn, turn: Turn) -> None:
        rng, row, seller = self.rng, life.row, life.seller
        since, at = moment(before.at), moment(turn.at)
        since = max(since, row["assigned_at"])
        if rng.random() < 0.5:
            done = self.steps.done(life, since, at)
            life.last_done = done or life.last_done
        cause = self.why.person(seller.id, at)
        if turn.status == "lost":
            values: Row = {
                "status": "lost",
                "closed_at": at,
                "lost_reason_id": rng.choice(self.world.reasons),
                "lost_note": rng.choice(self.words.lost_notes),
            }
        else:
            values = {
                "stage_id": self.world.stages[turn.stage].pk,
                "position": self.setting.place(turn.at, life.number),
                "probability_stage": Decimal(self.world.stages[turn.stage].probability),
                **self._learned(life, turn, at),
            }
            if row["kind"] == "lead":
                values["kind"], values["converted_at"] = "opportunity", at
                if row["company_id"] is None:
                    values["company_id"] = self._convert(life, at, cause)
            if turn.status == "won":
                values["status"], values["closed_at"] = "won", at
        life.change(self.leads, values, at, cause)

    def _learned(self, life: Life, turn: Turn, at: dt.datetime) -> Row:
        """What is known of the deal when it enters a stage."""
        rng, row = self.rng, life.row
        values: Row = {}
        if row["expected_revenue"] is None and rng.random() < 0.75:
            values["expected_revenue"] = life.amount
        elif turn.stage > 1 and row["expected_revenue"] is not None and rng.random() < 0.2:
            values["expected_revenue"] = rounded(float(life.amount) * rng.uniform(0.75, 1.25))
        if row["expected_close"] is None and rng.random() < 0.85:
            values["expected_close"] = self.days.of(at) + dt.timedelta(days=rng.randrange(20, 100))
        if row["timeframe"] == "" and rng.random() < 0.6:
            values["timeframe"] = rng.choice(TIMEFRAMES)
            values["budget_confirmed"] = rng.random() < 0.7
            values["decision_maker_known"] = rng.random() < 0.6
            values["pain"] = rng.choice(self.words.pains)
        if turn.stage == 2 and rng.random() < 0.12:
            values["recurring_revenue"] = rounded(float(life.amount) * 0.02)
            values["recurring_plan"] = "monthly"
        return values

    def _convert(self, life: Life, at: dt.datetime, cause: uuid.UUID) -> int | None:
        """Company and contact are made from what the form had captured."""
        firm = life.firm
        if firm is None:
            return None
        deed = Deed(life.seller.id, at, cause, life.events)
        self.beginnings.known.write_firm(firm, deed)
        self.beginnings.known.write_person(life.people[0], firm, deed)
        self.beginnings.put_on(life, life.people[0], "", deed)
        return firm.id

    def _push(self, life: Life, since: dt.datetime) -> dt.datetime:
        """Push an expected close that has passed, most of the time; since when all is quiet."""
        rng, row, days = self.rng, life.row, self.days
        for _ in range(3):
            due = row["expected_close"]
            if due is None or due > days.today or rng.random() < 0.12:
                break
            noticed = days.at(due, rng.randrange(8 * 60, 18 * 60))
            noticed += dt.timedelta(days=rng.randrange(-3, 10))
            at = noticed if since < noticed < days.now else since + (days.now - since) / 2
            at = at.replace(microsecond=0)
            if at <= since:
                break
            pushed = days.of(at) + dt.timedelta(days=rng.randrange(20, 120))
            cause = self.why.person(life.seller.id, at)
            life.change(self.leads, {"expected_close": pushed}, at, cause)
            since = at
        return since

    # How it stands

    def _end(self, life: Life) -> None:
        row, story = life.row, life.story
        row["stage_entered_at"] = story.stage_entered_at
        row["touched_at"] = story.touched_at
        row["last_activity_at"] = life.last_done
        row["search_text"] = self._search_text(life)
        self.leads.write(row)
        self.ledger.add(life.events)
        lead = row["id"]
        for visit in story.visits:
            self.visits.add((lead, visit.stage, visit.entered_at, visit.left_at))
        for span in story.spans:
            shown = span.shown
            self.spans.add(
                (
                    lead,
                    span.starts_at,
                    span.ends_at,
                    shown.pipeline,
                    shown.stage,
                    shown.status,
                    shown.owner,
                    shown.team,
                    shown.amount,
                    shown.currency,
                    shown.probability,
                    shown.archived,
                )
            )

    def _search_text(self, life: Life) -> str:
        row = life.row
        words: list[Any] = [
            row["title"],
            row["company_name"],
            row["contact_name"],
            row["email"],
        ]
        if row["company_id"] is not None and life.firm is not None:
            words.append(life.firm.name)
            for person in life.people:
                words += [person.name, person.email]
        words += [name for _, name in life.tags]
        return fold(" ".join(dict.fromkeys(filter(None, words))))[:LENGTH]
