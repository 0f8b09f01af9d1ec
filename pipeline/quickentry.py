"""What a line of words means to a person: the type, the day, and the lead or contact it is on.

Names are looked for among what the person sees. Several that fit are offered, never chosen among.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.calendar import calendar
from core.folding import fold
from core.searching import latest
from crm.filters import named
from crm.models import Contact, User
from pipeline.models import Activity, ActivityType, Lead, LeadContact
from pipeline.quickwords import Reading, names_of, read_words
from pipeline.services.activities import plan_activity
from pipeline.todo import when_text

#: So many that fit are offered; so many are looked at.
OFFERED, LOOKED_AT = 6, 40
#: A name has at most so many words; what follows it says what it is about.
NAME_WORDS = 4
#: A line has at most so many characters.
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Subject:
    """What a step may be on: "lead:7", with words to tell it from others."""

    value: str
    label: str
    detail: str

    def key(self) -> dict[str, Any]:
        """As services take it: {"lead": 7}."""
        kind, key = self.value.split(":")
        return {kind: int(key)}


@dataclass(frozen=True, slots=True)
class Understood:
    """A line as it was understood. With a `problem` nothing can be planned yet; `choices` are
    what it may be on."""

    reading: Reading
    type: ActivityType | None
    when: str
    subject: Subject | None
    choices: Sequence[Subject]
    problem: str

    def due(self) -> dict[str, Any]:
        """When it is due, as services take it; nothing where the line does not say."""
        day, time = self.reading.day, self.reading.time
        if day is None:
            return {}
        if time is None:
            return {"due_on": day}
        return {"due_at": dt.datetime.combine(day, time, timezone.get_current_timezone())}


def understand(line: str, *, user: User, lead: Lead | None = None, chosen: str = "") -> Understood:
    """What a line means; on `lead` when it is written there, on `chosen` of what was offered."""
    types = {kind.pk: kind for kind in ActivityType.objects.filter(is_active=True)}
    now = timezone.localtime()
    reading = read_words(
        line[:LONGEST],
        now=now,
        types=names_of([(kind.pk, kind.name) for kind in types.values()]),
        day_first=get_language() != "en",
        calendar=calendar(),
    )
    kind = types.get(reading.type or 0) or next(iter(types.values()), None)
    day = reading.day
    if day is None and kind is not None:
        day = now.date() + dt.timedelta(days=kind.default_days)
    when = ""
    if day is not None:
        local = dt.datetime.combine(day, reading.time or dt.time(), now.tzinfo)
        when = when_text(local, reading.all_day, now.date())
    subject, choices = None, []
    if lead is not None:
        subject = Subject(f"lead:{lead.pk}", lead.title, "")
    elif reading.person:
        choices = find_subjects(reading.person, user)
        fitting = [each for each in choices if each.value == chosen] if chosen else choices
        subject = fitting[0] if len(fitting) == 1 else None
    problem = _problem(line, reading, kind, subject, choices)
    return Understood(reading, kind, when, subject, choices, problem)


def _problem(
    line: str,
    reading: Reading,
    kind: ActivityType | None,
    subject: Subject | None,
    choices: Sequence[Subject],
) -> str:
    if not line.strip():
        return _("Write what is to be done, as in “call Nora Thursday 10”.")
    if kind is None:
        return _("There is no activity type in use.")
    match reading.problem:
        case "day":
            return _("There is no such day or hour.")
        case "order":
            return _("Day and month may be exchanged here: write the month as a word.")
        case "twice":
            return _("Two days or two hours are said: leave one out.")
    if subject is not None:
        return ""
    if choices:
        return _("Which one?")
    if reading.person:
        return _("Nobody whom you see, and no open lead, is called “%s”.") % reading.person
    return _("Say with whom or on which lead, as in “call Nora Thursday 10”.")


def plan_words(understood: Understood, *, by: User) -> Activity:
    """Plan the step that a line means, once it has no problem."""
    assert understood.subject is not None  # noqa: S101 (no problem, so there is one)
    assert understood.type is not None  # noqa: S101
    return plan_activity(
        by=by,
        type=understood.type.pk,
        summary=understood.reading.summary[:200],
        **understood.subject.key(),
        **understood.due(),
    )


def find_subjects(text: str, user: User) -> list[Subject]:
    """The open leads, and contacts without one, that a name fits; as many of its first words as
    fit something are taken for the name."""
    words = text.split()[:NAME_WORDS]
    for length in range(len(words), 0, -1):
        found = _find(" ".join(words[:length]), user)
        if found:
            return found[:OFFERED]
    return []


def _find(text: str, user: User) -> list[Subject]:
    seen = Lead.objects.visible_to(user, singly=True).active().open().searching(text)
    leads = list(
        Lead.objects.filter(pk__in=latest(seen, LOOKED_AT))
        .select_related("company", "stage")
        .only("title", "contact_name", "company_name", "company__name", "stage__name", "owner")
        .order_by("-updated_at", "-pk")
    )
    people: dict[int, list[str]] = {}
    links = LeadContact.objects.filter(lead__in=leads).values_list("lead", "contact__name")
    for lead_id, name in links:
        people.setdefault(lead_id, []).append(name)
    found = []
    for lead in leads:
        names = people.get(lead.pk) or [lead.contact_name]
        company = lead.company.name if lead.company else lead.company_name
        if _fits(text, (lead.title, company, *names)):
            detail = [company, names[0], lead.stage.name]
            subject = Subject(f"lead:{lead.pk}", lead.title, " · ".join(filter(None, detail)))
            found.append((lead.owner_id != user.pk, subject))
    found.sort(key=lambda each: each[0])  # one's own first, the latest first
    alone = (
        named(Contact.objects.visible_to(user).filter(archived_at__isnull=True), text)
        .exclude(pk__in=LeadContact.objects.filter(lead__in=leads).values("contact"))
        .select_related("company")
        .order_by("name_key", "pk")[:LOOKED_AT]
    )
    contacts = [
        Subject(
            f"contact:{contact.pk}",
            contact.name,
            " · ".join(filter(None, [contact.job_title, str(contact.company or "")])),
        )
        for contact in alone
        if _fits(text, [contact.name])
    ]
    return [subject for _other, subject in found] + contacts


def _fits(text: str, names: Iterable[str]) -> bool:
    """Whether each word of a text begins a word of one of the names."""
    known = [word for name in names for word in fold(name).replace("-", " ").split()]
    return all(
        any(word.startswith(part) for word in known)
        for part in fold(text).replace("-", " ").split()
    )
