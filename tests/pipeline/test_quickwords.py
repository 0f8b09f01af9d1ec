"""A line of words read as a next step, in both languages."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import Calendar
from pipeline.quickwords import Reading, names_of, read_words

#: A Tuesday, at two in the afternoon.
NOW = dt.datetime(2026, 11, 24, 14)
ENGLISH = names_of(
    [(1, "Call"), (2, "E-mail"), (3, "Meeting"), (4, "To-do"), (5, "Follow-up"), (6, "Site visit")]
)
FRENCH = names_of([(1, "Appel"), (2, "E-mail"), (3, "Réunion"), (4, "À faire"), (5, "Relance")])


def read(line: str, day_first: bool = True) -> Reading:
    return read_words(line, now=NOW, types=ENGLISH, day_first=day_first)


def nov(day: int) -> dt.date:
    return dt.date(2026, 11, day)


@pytest.mark.parametrize(
    ("line", "kind", "person", "day", "time", "summary"),
    [
        ("call Nora Thursday 10", 1, "Nora", nov(26), dt.time(10), "Call Nora"),
        ("appeler Nora jeudi 10h", 1, "Nora", nov(26), dt.time(10), "Appeler Nora"),
        ("tomorrow 9:30 send offer", 4, "", nov(25), dt.time(9, 30), "Send offer"),
        ("demain 9h30 envoyer l’offre", 4, "", nov(25), dt.time(9, 30), "Envoyer l’offre"),
        ("send the offer to Nora in 3 days", 4, "Nora", nov(27), None, "Send the offer to Nora"),
        ("relancer Marc Petit dans 2 semaines", 5, "Marc Petit", dt.date(2026, 12, 8), None,
         "Relancer Marc Petit"),
        ("follow-up Nora +3d", 5, "Nora", nov(27), None, "Follow-up Nora"),
        ("relance Nora +3j", 5, "Nora", nov(27), None, "Relance Nora"),
        ("call Nora about the price on Friday at 3pm", 1, "Nora", nov(27), dt.time(15),
         "Call Nora about the price"),
        ("meeting with Nora next week", 3, "Nora", nov(30), None, "Meeting with Nora"),
        ("rdv avec Nora la semaine prochaine", 3, "Nora", nov(30), None, "Rdv avec Nora"),
        ("site visit 3 December 14:00", 6, "", dt.date(2026, 12, 3), dt.time(14), "Site visit"),
        ("call Nora Thursday 3 December 10", 1, "Nora", dt.date(2026, 12, 3), dt.time(10),
         "Call Nora"),
        ("call Nora December 3rd", 1, "Nora", dt.date(2026, 12, 3), None, "Call Nora"),
        ("appeler Nora le 1er février", 1, "Nora", dt.date(2027, 2, 1), None, "Appeler Nora"),
        ("call Nora 2027-02-01", 1, "Nora", dt.date(2027, 2, 1), None, "Call Nora"),
        ("call Nora 13/12", 1, "Nora", dt.date(2026, 12, 13), None, "Call Nora"),
        ("call Nora next Thursday", 1, "Nora", dt.date(2026, 12, 3), None, "Call Nora"),
        ("appeler Nora lundi prochain", 1, "Nora", nov(30), None, "Appeler Nora"),
        ("call Nora Tuesday", 1, "Nora", dt.date(2026, 12, 1), None, "Call Nora"),
        ("call Nora 16h", 1, "Nora", nov(24), dt.time(16), "Call Nora"),
        ("call Nora at 9", 1, "Nora", nov(25), dt.time(9), "Call Nora"),
        ("appeler Nora à midi demain", 1, "Nora", nov(25), dt.time(12), "Appeler Nora"),
        ("après-demain écrire à Nora", 2, "Nora", nov(26), None, "Écrire à Nora"),
        ("buy 10 chairs", 4, "", None, None, "Buy 10 chairs"),
        ("call", 1, "", None, None, "Call"),
        ("", 4, "", None, None, ""),
    ],
)  # fmt: skip
def test_a_line_says_what_with_whom_and_when(
    line: str,
    kind: int,
    person: str,
    day: dt.date | None,
    time: dt.time | None,
    summary: str,
) -> None:
    found = read(line)
    assert (found.type, found.person, found.day, found.time, found.summary, found.problem) == (
        kind, person, day, time, summary, "",
    )  # fmt: skip


@pytest.mark.parametrize("line", ["appeler Nora demain", "call Nora tomorrow"])
def test_types_are_called_by_the_words_of_both_languages(line: str) -> None:
    assert read_words(line, now=NOW, types=FRENCH).type == 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("call Nora 30 February", "day"),
        ("call Nora 2026-13-01", "day"),
        ("call Nora tomorrow 25:00", "day"),
        ("call Nora in 900 days", "day"),
        ("call Nora tomorrow Friday", "twice"),
        ("call Nora tomorrow 10:00 11:00", "twice"),
    ],
)
def test_what_cannot_be_is_said_and_not_guessed(line: str, problem: str) -> None:
    assert read(line).problem == problem


def test_a_day_that_may_be_read_in_two_ways_is_asked_where_people_write_both() -> None:
    assert read("call Nora 3/12", day_first=False).problem == "order"
    assert read("call Nora 12/12", day_first=False).day == dt.date(2026, 12, 12)
    assert read("call Nora 12/13", day_first=False).day == dt.date(2026, 12, 13)
    assert read("call Nora 3/12").day == dt.date(2026, 12, 3)


WORDS = st.sampled_from(
    [
        *("call", "Nora", "thursday", "jeudi", "10", "10h", "9:30", "in", "dans", "3", "days"),
        *("+3j", "at", "à", "next", "prochain", "week", "le", "on", "30", "february", "février"),
        *("3/12", "2026-02-30", "with", "avec", "pm", "noon", "-", ":", ",", "é", "½", "٣", "999"),
    ]
)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=12).map(" ".join)))
def test_any_line_is_read_and_no_word_is_lost(line: str) -> None:
    found = read(line)
    assert found.problem in ("", "day", "order", "twice")
    kept = {word.casefold() for word in found.summary.split()}
    said = {word.casefold() for word in line.split()} | {word.strip(" ,;").casefold() for word in
                                                         line.split()}  # fmt: skip
    assert kept <= said | {word[:1].upper().casefold() + word[1:].casefold() for word in said}
    if found.time is not None and not found.problem:
        assert found.day is not None


@given(
    st.dates(dt.date(2026, 11, 25), dt.date(2027, 11, 23)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_a_day_and_an_hour_come_back_as_they_were_written(day: dt.date, time: dt.time) -> None:
    for line in (
        f"call Nora {day.isoformat()} {time:%H:%M}",
        f"call Nora {day.day}/{day.month}/{day.year} {time:%H}h{time:%M}",
        f"{day.day} {day:%B} call Nora at {time:%H:%M}",
    ):
        found = read(line)
        assert (found.day, found.time, found.person, found.problem) == (day, time, "Nora", "")


@given(st.integers(0, 730))
def test_so_many_days_are_so_many_days_in_both_languages(count: int) -> None:
    for line in (f"call Nora in {count} days", f"appeler Nora dans {count} jours", f"+{count}j"):
        assert read(line).day == NOW.date() + dt.timedelta(days=count)


@pytest.mark.parametrize(
    ("line", "first", "day"),
    [
        ("call Nora next week", 6, nov(30)),
        ("call Nora next week", 2, dt.date(2026, 11, 25)),
        # On a Tuesday whose week ends that day, "next Thursday" is two days away.
        ("call Nora next Thursday", 2, nov(26)),
        ("call Nora next Thursday", 0, dt.date(2026, 12, 3)),
        ("call Nora next Sunday", 6, nov(29)),
        ("call Nora next Sunday", 0, dt.date(2026, 12, 6)),
    ],
)
def test_next_week_begins_on_the_day_of_the_house(line: str, first: int, day: dt.date) -> None:
    found = read_words(line, now=NOW, types=ENGLISH, calendar=Calendar(first))
    assert found.day == day
