"""Next steps on leads: those that were done on the way, and the one that is planned now."""

from __future__ import annotations

import random

from demo.life import Life, Setting, pick
from demo.times import DAY, iso, workday
from demo.why import Why
from demo.writing import Texts
from pipeline.models import Activity

OUTCOMES = ("done", "done", "done", "done", "reached", "reached", "voicemail", "no_answer")


class Steps:
    """Writes activities with their changes."""

    def __init__(self, setting: Setting, rng: random.Random, why: Why, chapter: int) -> None:
        self.rng = rng
        self.chance = rng.random
        self.words = setting.words
        self.types = setting.world.types
        self.days = setting.days
        self.why = why
        self.records = setting.records(Activity, chapter)

    def done(self, life: Life, since: int, until: int) -> str | None:
        """A step that was planned after `since` and completed before `until`; when it was."""
        chance, person = self.chance, life.seller.id
        length = until - since
        if length < 1800:
            return None
        planned = since + int(length * (0.02 + 0.48 * chance()))
        done = until - int(min(300 + 1200 * chance(), length / 3))
        row = self._planned(life, planned, self.days.end(done // DAY), "true")
        row["id"] = self.records.number()
        row["version"] = "1"
        life.events.append(self.records.created(row, planned, self.why.person(person, planned)))
        moment = iso(done)
        values = {"done_at": moment, "outcome": pick(chance, OUTCOMES)}
        feedback = pick(chance, self.words.feedback)
        if feedback:
            values["feedback"] = feedback
        cause = self.why.person(person, done)
        life.events.append(self.records.change(row, values, done, cause))
        self.records.write(row)
        return moment

    def planned(self, life: Life, since: int) -> str | None:
        """What is to be done next on an open lead in which nothing has changed since a moment, if
        anything is: some of it overdue, some today, most of it soon; when it is due."""
        chance, days = self.chance, self.days
        quiet = (days.now - since) // DAY
        draw = chance()
        if draw < (0.10 if quiet < 30 else 0.21):
            return None
        if draw > 0.86 and quiet > 3:
            day = days.today - 1 - int(chance() * min(quiet - 1, 11))
        elif draw > 0.72:
            day = days.today
        else:
            day = workday(days.today + min(int(self.rng.expovariate(1 / 6)) + 1, 60))
        if chance() < 0.6:
            due, limit, all_day = days.end(day), days.at(day + 1, 0), "true"
        else:
            limit = days.at(day, 480 + int(chance() * 20) * 30)
            due, all_day = iso(limit), "false"
        length = max(0, min(days.now, limit) - since)
        planned = since + int(chance() * min(length, 14 * DAY))
        row = self._planned(life, planned, due, all_day)
        cause = self.why.person(life.seller.id, planned)
        life.events.append(self.records.insert(row, planned, cause))
        return due

    def _planned(self, life: Life, at: int, due: str, all_day: str) -> Texts:
        kind = int(self.chance() * len(self.types))
        return {
            "type_id": str(self.types[kind]),
            "summary": pick(self.chance, self.words.steps[kind % len(self.words.steps)]),
            "due_at": due,
            "all_day": all_day,
            "assignee_id": str(life.seller.id),
            "lead_id": life.row["id"],
            "created_at": iso(at),
        }
