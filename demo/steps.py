"""Next steps on leads: those that were done on the way, and the one that is planned now."""

from __future__ import annotations

import datetime as dt
import random

from demo.life import Life, Setting
from demo.why import Why
from demo.writing import Row
from pipeline.models import Activity

OUTCOMES = ("done", "done", "done", "done", "reached", "reached", "voicemail", "no_answer")
DAY = dt.timedelta(days=1)


class Steps:
    """Writes activities with their changes."""

    def __init__(self, setting: Setting, rng: random.Random, why: Why, chapter: int) -> None:
        self.rng = rng
        self.words = setting.words
        self.types = setting.world.types
        self.days = setting.days
        self.why = why
        self.records = setting.records(Activity, chapter)

    def done(self, life: Life, since: dt.datetime, until: dt.datetime) -> dt.datetime | None:
        """A step that was planned after `since` and completed before `until`; when it was."""
        rng, person = self.rng, life.seller.id
        length = (until - since).total_seconds()
        if length < 1800:
            return None
        planned = since + dt.timedelta(seconds=int(length * rng.uniform(0.02, 0.5)))
        done = until - dt.timedelta(seconds=min(rng.randrange(300, 1500), int(length / 3)))
        due = self.days.end(self.days.of(done))
        row = self._planned(life, planned, due, True)
        life.events.append(self.records.created(row, planned, self.why.person(person, planned)))
        values = {
            "done_at": done,
            "outcome": rng.choice(OUTCOMES),
            "feedback": rng.choice(self.words.feedback),
        }
        cause = self.why.person(person, done)
        life.events.append(self.records.change(row, values, done, cause))
        self.records.write(row)
        return done

    def planned(self, life: Life, since: dt.datetime) -> dt.datetime | None:
        """What is to be done next on an open lead in which nothing has changed since a moment, if
        anything is: some of it overdue, some today, most of it soon; when it is due."""
        rng, days, person = self.rng, self.days, life.seller.id
        quiet = (days.now - since) / DAY
        draw = rng.random()
        if draw < (0.10 if quiet < 30 else 0.21):
            return None
        if draw > 0.86 and quiet > 3:
            day = days.today - DAY * rng.randrange(1, min(int(quiet), 12))
        elif draw > 0.72:
            day = days.today
        else:
            day = days.workday(days.today + DAY * min(int(rng.expovariate(1 / 6)) + 1, 60))
        all_day = rng.random() < 0.6
        due = days.end(day) if all_day else days.at(day, rng.randrange(16, 36) * 30)
        latest = (min(days.now, due) - since).total_seconds()
        length = max(0, int(min(latest, 14 * 86_400)))
        planned = since + dt.timedelta(seconds=rng.randrange(length + 1) if length else 0)
        row = self._planned(life, planned, due, all_day)
        life.events.append(self.records.created(row, planned, self.why.person(person, planned)))
        self.records.write(row)
        return due

    def _planned(self, life: Life, at: dt.datetime, due: dt.datetime, all_day: bool) -> Row:
        kind = self.rng.randrange(len(self.types))
        summaries = self.words.steps[kind % len(self.words.steps)]
        return self.records.new(
            {
                "type_id": self.types[kind],
                "summary": self.rng.choice(summaries),
                "due_at": due,
                "all_day": all_day,
                "assignee_id": life.seller.id,
                "lead_id": life.row["id"],
                "created_at": at,
            },
            at,
        )
