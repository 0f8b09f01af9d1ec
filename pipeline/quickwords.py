"""One line of words read as a next step: "call Nora Thursday 10", "appeler Nora jeudi 10h".

Pure and driven by tables. English and French are both understood, whatever the language of the
page. A line is cut into words; at each place the readers of a day, of an hour and of a type are
tried, and what none of them takes is the person and the summary. What may be meant in two ways is
not decided: the reading says what to ask.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.calendar import USUAL, Calendar
from core.folding import fold
from pipeline.workdays import next_week

#: The words for the usual types. The first of a row is its name; a type of the installation whose
#: own name stands in a row is called by all of its words.
TYPES: tuple[tuple[str, ...], ...] = (
    (
        "call",
        "appel",
        "appeler",
        "appelle",
        "rappeler",
        "phone",
        "ring",
        "téléphoner",
        "tel",
        "tél",
    ),
    ("e-mail", "email", "mail", "write", "écrire", "mailer", "courriel"),
    ("meeting", "meet", "rdv", "rendez-vous", "réunion", "rencontrer", "visit", "visiter", "visio"),
    ("to-do", "todo", "task", "à-faire", "à faire", "tâche"),
    ("follow-up", "followup", "relance", "relancer", "chase"),
    ("document", "doc", "documents"),
)
#: What a line without a word for its type is.
OTHERWISE = "to-do"

WEEKDAYS = {
    word: number
    for number, words in enumerate(
        (
            ("monday", "mon", "lundi", "lun"),
            ("tuesday", "tue", "tues", "mardi"),
            ("wednesday", "wed", "mercredi", "mer"),
            ("thursday", "thu", "thur", "thurs", "jeudi", "jeu"),
            ("friday", "fri", "vendredi", "ven"),
            ("saturday", "sat", "samedi", "sam"),
            ("sunday", "sun", "dimanche", "dim"),
        )
    )
    for word in words
}
MONTHS = {
    word: number
    for number, words in enumerate(
        (
            ("january", "jan", "janvier", "janv"),
            ("february", "feb", "février", "fevrier", "févr", "fév"),
            ("march", "mar", "mars"),
            ("april", "apr", "avril", "avr"),
            ("may", "mai"),
            ("june", "jun", "juin"),
            ("july", "jul", "juillet", "juil"),
            ("august", "aug", "août", "aout"),
            ("september", "sep", "sept", "septembre"),
            ("october", "oct", "octobre"),
            ("november", "nov", "novembre"),
            ("december", "dec", "décembre", "decembre", "déc"),
        ),
        start=1,
    )
    for word in words
}
#: Days from today; the longest are tried first.
NEAR: Mapping[tuple[str, ...], int] = {
    ("the", "day", "after", "tomorrow"): 2,
    ("day", "after", "tomorrow"): 2,
    ("après", "demain"): 2,
    ("après-demain",): 2,
    ("today",): 0,
    ("aujourd'hui",): 0,
    ("aujourd’hui",): 0,
    ("tomorrow",): 1,
    ("tmrw",): 1,
    ("demain",): 1,
}
NEXT_WEEK = (
    ("next", "week"),
    ("la", "semaine", "prochaine"),
    ("semaine", "prochaine"),
)
UNITS = {
    **dict.fromkeys(("d", "day", "days", "j", "jour", "jours"), 1),
    **dict.fromkeys(("w", "week", "weeks", "s", "sem", "semaine", "semaines"), 7),
}
ONE = {"a", "an", "one", "un", "une"}
IN = {"in", "dans"}
ON = {"on", "le"}
AT = {"at", "à"}
NOON = {"noon", "midi"}
HALVES = {"am": 0, "pm": 12}
WITH = {"with", "avec", "to", "à"}
#: Where a name ends.
ABOUT = {"about", "re", "for", "pour", "concernant", "sur", ":", "-", "–"}

_HOUR = re.compile(r"(\d{1,2})(?:(?::|h|\.)(\d{2})|h)?(am|pm)?")
_COUNTED = re.compile(r"\+?(\d{1,3})([a-z]+)?")
_NUMERIC = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er)?")
#: A number of days further away than this is a slip of the finger.
FARTHEST = 730


@dataclass(slots=True)
class Reading:
    """What a line says. `type` is the key of a type; `problem` what must be said differently:
    "day" (no such day), "order" (day and month may be exchanged), "twice" (two days or hours)."""

    type: int | None = None
    person: str = ""
    day: dt.date | None = None
    time: dt.time | None = None
    summary: str = ""
    problem: str = ""

    @property
    def all_day(self) -> bool:
        """Whether no hour is said."""
        return self.time is None


def names_of(types: Sequence[tuple[int, str]]) -> dict[str, int]:
    """The words by which types (key, name) are called, folded."""
    words: dict[str, int] = {}
    for key, name in types:
        for row in TYPES:
            if fold(name) in row:
                for word in row:
                    words.setdefault(word, key)
    return words | {fold(name): key for key, name in types}


def read_words(
    line: str,
    *,
    now: dt.datetime,
    types: Mapping[str, int],
    day_first: bool = True,
    calendar: Calendar = USUAL,
) -> Reading:
    """Read a line. `now` is where the person is; `types` are the names of the types, as `names_of`
    makes them; `day_first` whether 3/4 is the third of April, else it is asked; `calendar` says
    when weeks begin."""
    return _Reader(line, now, types, day_first, calendar).read()


@dataclass(slots=True)
class _Reader:
    line: str
    now: dt.datetime
    types: Mapping[str, int]
    day_first: bool
    calendar: Calendar
    found: Reading = field(default_factory=Reading)
    words: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def read(self) -> Reading:
        self.words = self.line.split()
        self.keys = [fold(word).strip(",;.!") or word for word in self.words]
        rest: list[int] = []
        spoken: int | None = None
        at, after_day = 0, False
        while at < len(self.words):
            taken = self._day(at)
            if taken:
                at, after_day = at + taken, True
                continue
            taken = self._hour(at, after_day)
            if taken:
                at += taken
                continue
            after_day = False
            if spoken is None and not rest and (taken := self._type(at)):
                spoken = len(rest)
                rest += range(at, at + taken)
                at += taken
                spoken = len(rest)
                continue
            rest.append(at)
            at += 1
        self._settle(rest, spoken)
        return self.found

    def _settle(self, rest: list[int], spoken: int | None) -> None:
        """What is left: the person, the summary, and what nobody said."""
        found = self.found
        if found.type is None:
            found.type = self.types.get(OTHERWISE)
        named = range(spoken, len(rest)) if spoken is not None else range(0)
        for place, index in enumerate(rest):
            if self.keys[index] in WITH and place + 1 < len(rest):
                named = range(place + 1, len(rest))
                break
        person = []
        for place in named:
            if self.keys[rest[place]] in ABOUT:
                break
            person.append(self.words[rest[place]].strip(",;."))
        found.person = " ".join(person)
        text = " ".join(self.words[index] for index in rest).strip(" ,;")
        found.summary = text[:1].upper() + text[1:]
        if found.time is not None and found.day is None:
            ahead = found.time > self.now.time()
            found.day = self.now.date() + dt.timedelta(days=0 if ahead else 1)

    def _type(self, at: int) -> int:
        """How many words at a place are the name of a type."""
        for length in (3, 2, 1):
            key = self.types.get(" ".join(self.keys[at : at + length]))
            if key is not None and at + length <= len(self.keys):
                self.found.type = key
                return length
        return 0

    # Days

    def _day(self, at: int) -> int:
        """How many words at a place say a day."""
        for reader in (self._near, self._counted, self._weekday, self._dated):
            taken = reader(at)
            if taken:
                return taken
        return 0

    def _set_day(self, day: dt.date | None) -> None:
        if self.found.day is not None:
            self.found.problem = "twice"
        self.found.day = day or self.found.day
        if day is None and not self.found.problem:
            self.found.problem = "day"

    def _after(self, days: int) -> None:
        self._set_day(self.now.date() + dt.timedelta(days=days) if days <= FARTHEST else None)

    def _near(self, at: int) -> int:
        for words, days in NEAR.items():
            if self._is(at, words):
                self._after(days)
                return len(words)
        for words in NEXT_WEEK:
            if self._is(at, words):
                self._set_day(next_week(self.now.date(), self.calendar))
                return len(words)
        return 0

    def _counted(self, at: int) -> int:
        """ "in 3 days", "dans une semaine", "+3d", "+2 s"."""
        key = self.keys[at]
        begins = 1 if key in IN else 0
        if not begins and not key.startswith("+"):
            return 0
        number = self._key(at + begins)
        unit, taken = self._key(at + begins + 1), begins + 2
        if number in ONE and begins:
            count = 1
        else:
            match = _COUNTED.fullmatch(number)
            if match is None:
                return 0
            count = int(match[1])
            if match[2]:
                unit, taken = match[2], begins + 1
            elif unit not in UNITS and not begins:
                unit, taken = "d", 1
        if unit not in UNITS:
            return 0
        self._after(count * UNITS[unit])
        return taken

    def _weekday(self, at: int) -> int:
        """ "Thursday", "on Thursday", "next Thursday", "jeudi prochain": the next one, of the week
        after this one when it is called the next."""
        begins = 1 if self.keys[at] in ON else 0
        is_next = self._key(at + begins) == "next"
        begins += is_next
        number = WEEKDAYS.get(self._key(at + begins))
        if number is None:
            return 0
        taken = begins + 1
        if self._key(at + taken) in MONTHS or self._is_day_of_month(at + taken):
            # "Thursday 3 December": the date says it all.
            date = self._dated(at + taken)
            if date:
                return taken + date
        if self._key(at + taken) == "prochain":
            is_next, taken = True, taken + 1
        today = self.now.date()
        days = (number - today.weekday()) % 7 or 7
        ends = self.calendar.week_of(today) + dt.timedelta(weeks=1)
        if is_next and today + dt.timedelta(days=days) < ends:
            days += 7
        self._after(days)
        return taken

    def _is_day_of_month(self, at: int) -> bool:
        return bool(_ORDINAL.fullmatch(self._key(at))) and self._key(at + 1) in MONTHS

    def _dated(self, at: int) -> int:
        """ "2026-12-03", "3/12", "3 December", "December 3", "le 3 décembre 2027"."""
        begins = 1 if self.keys[at] in ON else 0
        key, following = self._key(at + begins), self._key(at + begins + 1)
        if _ISO.fullmatch(key):
            self._set_day(_iso(key))
            return begins + 1
        if match := _NUMERIC.fullmatch(key):
            self._numeric(int(match[1]), int(match[2]), int(match[3]) if match[3] else None)
            return begins + 1
        number, month = (key, following) if following in MONTHS else (following, key)
        match = _ORDINAL.fullmatch(number)
        if match is None or month not in MONTHS:
            return 0
        year = self._key(at + begins + 2)
        said = int(year) if year.isdecimal() and len(year) == 4 else None
        self._set_day(self._date(int(match[1]), MONTHS[month], said))
        return begins + (2 if said is None else 3)

    def _numeric(self, first: int, second: int, year: int | None) -> None:
        one, other = self._date(first, second, year), self._date(second, first, year)
        if not self.day_first and one and other and one != other:
            self.found.problem = "order"
            return
        self._set_day(one or (None if self.day_first else other))

    def _date(self, day: int, month: int, year: int | None) -> dt.date | None:
        """A day of a month; without a year the next that comes."""
        try:
            if year is not None:
                return dt.date(year, month, day)
            this = dt.date(self.now.year, month, day)
            return this if this >= self.now.date() else dt.date(self.now.year + 1, month, day)
        except ValueError:
            return None

    # Hours

    def _hour(self, at: int, after_day: bool) -> int:
        """How many words at a place say an hour. A bare number is one only behind a day or "at"."""
        begins = 1 if self.keys[at] in AT else 0
        key = self._key(at + begins)
        if key in NOON:
            return self._set_time(dt.time(12), begins + 1)
        match = _HOUR.fullmatch(key)
        if match is None:
            return 0
        half, taken = match[3], begins + 1
        if half is None and self._key(at + taken) in HALVES:
            half, taken = self._key(at + taken), taken + 1
        is_bare = key.isdecimal() and half is None
        if is_bare and self._key(at + taken) == "h":
            is_bare, taken = False, taken + 1
        if (is_bare and not (after_day or begins)) or ("." in key and not after_day):
            return 0
        hour, minute = int(match[1]), int(match[2] or 0)
        if half is not None:
            hour = hour % 12 + HALVES[half] if hour <= 12 else 24
        if hour > 23 or minute > 59:
            if is_bare:
                return 0
            self.found.problem = self.found.problem or "day"
            return taken
        return self._set_time(dt.time(hour, minute), taken)

    def _set_time(self, time: dt.time, taken: int) -> int:
        if self.found.time is not None:
            self.found.problem = "twice"
        self.found.time = time
        return taken

    # Words

    def _key(self, at: int) -> str:
        return self.keys[at] if at < len(self.keys) else ""

    def _is(self, at: int, words: tuple[str, ...]) -> bool:
        return tuple(self.keys[at : at + len(words)]) == words


def _iso(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
