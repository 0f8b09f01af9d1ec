"""How often the expected close of a lead was put off: counted as it happens, told anew by undo."""

from __future__ import annotations

import datetime as dt
from typing import Any

from core.ledger.causes import OpenCause, because
from core.ledger.tables import Kind
from core.services.undoing import undo_cause
from pipeline.models import Lead
from pipeline.services.examining import look_at_leads
from pipeline.services.leads import update_lead
from tests.factories import make_lead


def put_off(lead: Lead, day: str | None, by: Any) -> OpenCause:
    """Set the expected close under a cause of its own."""
    value = dt.date.fromisoformat(day) if day else None
    with because(Kind.PERSON, by=by) as cause:
        update_lead(lead=lead.pk, values={"expected_close": value}, by=by)
    return cause


def pushed(lead: Lead) -> int:
    """The count as it stands."""
    return Lead.objects.values_list("close_pushed", flat=True).get(pk=lead.pk)


def test_later_days_are_counted_and_earlier_or_first_ones_are_not(cast: Any, stages: Any) -> None:
    lead = make_lead(by=cast.rep, owner=cast.rep, stage=stages[0])
    for day in ["2027-01-10", "2027-02-10", "2027-01-20", None, "2027-03-01", "2027-03-02"]:
        put_off(lead, day, cast.rep)
    assert pushed(lead) == 2


def test_an_undone_push_counts_no_more_and_the_doctor_agrees(cast: Any, stages: Any) -> None:
    lead = make_lead(
        by=cast.rep, owner=cast.rep, stage=stages[0], expected_close=dt.date(2027, 1, 1)
    )
    put_off(lead, "2027-02-01", cast.rep)
    cause = put_off(lead, "2027-03-01", cast.rep)
    assert pushed(lead) == 2
    undo_cause(cause=cause.id, by=cast.rep)
    assert pushed(lead) == 1
    assert list(look_at_leads()) == []
