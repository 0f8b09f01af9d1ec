"""The lives of leads: what happened to each, as rows and as changes, exactly as the services would
have left it had people done it at the time."""

from __future__ import annotations

import random

from core.folding import fold
from demo.beginnings import Beginnings
from demo.life import Deed, Life, Setting, pick, rounded
from demo.plan import Outline, Turn, turns
from demo.steps import Steps
from demo.times import DAY, day_text, iso
from demo.why import Why
from demo.writing import NULL, Ledger, Table, Texts
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
    """Tells the lives of the leads of a chapter, in the order in which they came."""

    def __init__(self, setting: Setting, rng: random.Random, chapter: int) -> None:
        self.setting = setting
        self.rng = rng
        self.chance = rng.random
        self.words = setting.words
        self.world = setting.world
        self.days = setting.days
        self.why = Why(setting.seed)
        self.ledger = Ledger()
        self.beginnings = Beginnings(setting, rng, self.why, chapter)
        self.leads = self.beginnings.leads
        self.steps = Steps(setting, rng, self.why, chapter)
        self.visits = Table(StageVisit, VISIT)
        self.spans = Table(LeadSpan, SPAN)
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
        tables = [record.table for record in records]
        return [*tables, begun.tags, self.visits, self.spans, self.ledger.changes]

    def tell(self, number: int, outline: Outline) -> None:
        """Tell the life of one lead; its rows wait to be loaded."""
        way = turns(self.rng, outline, self.usual, self.days.now)
        life = self.beginnings.begin(number, way)
        for place, turn in enumerate(way[1:]):
            self._go_on(life, way[place], turn)
        if way[-1].status == "open" and "owner_id" in life.row:
            since = self._push(life, max(way[-1].at, life.assigned))
            due = self.steps.planned(life, since)
            if due is not None:
                life.row["next_activity_at"] = due
        self._end(life)

    # How it went on

    def _go_on(self, life: Life, before: Turn, turn: Turn) -> None:
        chance, row, seller = self.chance, life.row, life.seller
        at = turn.at
        if chance() < 0.3:
            done = self.steps.done(life, max(before.at, life.assigned), at)
            if done is not None:
                row["last_activity_at"] = done
        cause = self.why.person(seller.id, at)
        moment = iso(at)
        if turn.status == "lost":
            values = {
                "status": "lost",
                "closed_at": moment,
                "lost_reason_id": str(pick(chance, self.world.reasons)),
            }
            note = pick(chance, self.words.lost_notes)
            if note:
                values["lost_note"] = note
        else:
            values = {
                "stage_id": self.world.stage_texts[turn.stage],
                "position": self.setting.place(at, life.number),
                "probability_stage": self.world.odds[turn.stage],
            }
            self._learn(life, turn, values)
            if row["kind"] == "lead":
                values["kind"], values["converted_at"] = "opportunity", moment
                if "company_id" not in row:
                    self._convert(life, Deed(seller.id, at, cause, life.events), values)
            if turn.status == "won":
                values["status"], values["closed_at"] = "won", moment
        life.change(self.leads, values, at, cause)

    def _learn(self, life: Life, turn: Turn, values: Texts) -> None:
        """What is known of the deal when it enters a stage."""
        chance, row = self.chance, life.row
        if "expected_revenue" not in row:
            if chance() < 0.75:
                values["expected_revenue"] = rounded(life.price)
        elif turn.stage > 1 and chance() < 0.2:
            values["expected_revenue"] = rounded(life.price * (0.75 + chance() / 2))
        if "expected_close" not in row and chance() < 0.85:
            values["expected_close"] = day_text(turn.at // DAY + 20 + int(chance() * 80))
        if "timeframe" not in row and chance() < 0.5:
            values["timeframe"] = pick(chance, TIMEFRAMES)
            values["budget_confirmed"] = "true" if chance() < 0.7 else "false"
            values["decision_maker_known"] = "true" if chance() < 0.6 else "false"
            values["pain"] = pick(chance, self.words.pains)
        if turn.stage == 2 and chance() < 0.12:
            values["recurring_revenue"] = rounded(life.price * 0.02)
            values["recurring_plan"] = "monthly"

    def _convert(self, life: Life, deed: Deed, values: Texts) -> None:
        """Company and contact are made from what the form had captured."""
        firm = life.firm
        if firm is None:
            return
        known = self.beginnings.known
        known.write_firm(firm, deed)
        known.write_person(life.people[0], firm, deed)
        self.beginnings.put_on(life, life.people[0], "", deed)
        values["company_id"] = firm.id

    def _push(self, life: Life, since: int) -> int:
        """Push an expected close that has passed, most of the time; since when all is quiet."""
        chance, now = self.chance, self.days.now
        due = life.row.get("expected_close")
        today = day_text(self.days.today)
        for _ in range(3):
            if due is None or due > today or chance() < 0.35:
                break
            # Noticed some time between the last change and now.
            at = since + int((now - since) * (0.1 + 0.6 * chance()))
            if at <= since:
                break
            due = day_text(at // DAY + 20 + int(chance() * 100))
            cause = self.why.person(life.seller.id, at)
            life.change(self.leads, {"expected_close": due}, at, cause)
            life.pushes += 1
            since = at
        return since

    # How it stands

    def _end(self, life: Life) -> None:
        row = life.row
        lead = row["id"]
        row["stage_entered_at"] = life.stays[-1][1]
        row["touched_at"] = row["updated_at"]
        row["close_pushed"] = str(life.pushes)
        row["search_text"] = self._search_text(life)
        self.leads.write(row)
        self.ledger.add(life.events)
        for stage, entered, left in life.stays:
            self.visits.lines.append(f"{lead}\t{stage}\t{entered}\t{left}")
        ends = [since for since, _ in life.looks[1:]]
        ends.append(NULL)
        for (since, look), end in zip(life.looks, ends, strict=True):
            self.spans.lines.append(f"{lead}\t{since}\t{end}\t{look}")

    def _search_text(self, life: Life) -> str:
        row = life.row
        words = [row["title"]]
        words += [row[name] for name in ("company_name", "contact_name", "email") if name in row]
        if "company_id" in row and life.firm is not None:
            words.append(life.firm.name)
            for person in life.people:
                words += (person.name, person.email)
        words += [name for _, name in life.tags]
        # Names of tags that were there before may hold what COPY would read as an escape.
        return fold(" ".join(dict.fromkeys(words)))[:LENGTH].replace("\\", "\\\\")
