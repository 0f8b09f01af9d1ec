"""Making records for tests, each inside its own closed cause: no test leans on an open one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from core.ledger.causes import because
from core.ledger.tables import Kind
from crm.models import Company, Contact, Membership, Product, Tag, Target, Team, User
from crm.periods import begins

PASSWORD = "quite-secret-1"
_numbers = count(1)


@contextmanager
def arranging() -> Iterator[None]:
    """A closed cause for what a test needs before it starts."""
    with because(Kind.SYSTEM, label="Arranged for a test"):
        yield


def make_user(name: str = "", role: str = "rep", **values: Any) -> User:
    """A user who can log in with PASSWORD."""
    name = name or f"Person {next(_numbers)}"
    email = values.pop("email", f"{name.lower().replace(' ', '.')}@example.com")
    with arranging():
        return User.objects.create_user(email, name, PASSWORD, role=role, **values)


def make_team(name: str = "", leader: User | None = None, members: Sequence[User] = ()) -> Team:
    """A team with its leader and members."""
    with arranging():
        team = Team.objects.create(name=name or f"Team {next(_numbers)}", leader=leader)
        for user in members:
            Membership.objects.create(team=team, user=user)
    return team


def make_target(of: User | Team, value: Any, day: dt.date | None = None, **values: Any) -> Target:
    """A target of a person or a team for the month (or `period`) that a day is in; revenue in euros
    unless told otherwise."""
    from django.utils import timezone

    period = values.pop("period", "month")
    metric = values.setdefault("metric", "revenue")
    values.setdefault("currency", "EUR" if metric == "revenue" else "")
    values["team" if isinstance(of, Team) else "user"] = of
    start = begins(period, day or timezone.localdate())
    with arranging():
        return Target.objects.create(period=period, starts_on=start, value=value, **values)


def make_company(name: str = "", **values: Any) -> Company:
    """A company."""
    with arranging():
        return Company.objects.create(name=name or f"Company {next(_numbers)}", **values)


def make_contact(name: str = "", **values: Any) -> Contact:
    """A contact."""
    with arranging():
        return Contact.objects.create(name=name or f"Contact {next(_numbers)}", **values)


def make_tag(name: str = "", **values: Any) -> Tag:
    """A tag."""
    with arranging():
        return Tag.objects.create(name=name or f"Tag {next(_numbers)}", **values)


def make_product(name: str = "", **values: Any) -> Product:
    """A product."""
    with arranging():
        return Product.objects.create(name=name or f"Product {next(_numbers)}", **values)


def make_lead(
    *,
    by: User,
    title: str = "",
    stage: Any = None,
    tags: Sequence[int] = (),
    contacts: Sequence[tuple[int, str]] = (),
    created_at: dt.datetime | None = None,
    **values: Any,
) -> Any:
    """A lead, made by the service that all doors use. `owner` is nobody unless given."""
    from pipeline.services.leads import LeadDraft, create_lead

    values = {"title": title or f"Lead {next(_numbers)}", "owner": None, **values}
    draft = LeadDraft(
        values=values, stage=stage, tags=tags, contacts=contacts, created_at=created_at
    )
    with arranging():
        return create_lead(draft=draft, by=by)


def make_activity(*, by: User, lead: Any, assignee: User | None = None, **values: Any) -> Any:
    """A call that is due in a day on a lead, planned by the service."""
    from django.utils import timezone

    from pipeline.models import ActivityType
    from pipeline.services.activities import plan_activity

    kind = ActivityType.objects.order_by("sequence", "id").first()
    if kind is None:
        with arranging():
            kind = ActivityType.objects.create(name="Call")
    values.setdefault("due_at", timezone.now() + dt.timedelta(days=1))
    with arranging():
        return plan_activity(
            by=by, type=kind.pk, lead=lead.pk, assignee=assignee.pk if assignee else None, **values
        )


def make_note(body: str = "", *, by: User, **on: Any) -> Any:
    """A note, written by the service: `lead=`, `contact=` or `company=` a record."""
    from messaging.services.notes import write_note

    keys = {name: record.pk for name, record in on.items()}
    with arranging():
        return write_note(body=body or f"Note {next(_numbers)}", by=by, **keys)


def make_token(user: User, scopes: Sequence[str] = ("read", "write"), **values: Any) -> str:
    """A bearer token of a user, in clear."""
    from core.services.tokens import create_token

    name = values.pop("name", f"Token {next(_numbers)}")
    with arranging():
        return create_token(owner=user, name=name, scopes=list(scopes), by=user, **values).secret
