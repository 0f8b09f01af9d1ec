"""Rows for the conditions: awkward values of every type, right and wrong JSON."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from crm.models import (
    Campaign,
    Company,
    Contact,
    CustomField,
    Medium,
    Membership,
    Product,
    Source,
    Tag,
    Team,
    User,
)
from pipeline.models import (
    Activity,
    ActivityType,
    Lead,
    LeadCollaborator,
    LeadContact,
    LeadTag,
    LostReason,
    Pipeline,
    Stage,
)
from tests.factories import arranging

TEXTS = [
    "",
    "Müller",
    "MULLER",
    "Straße",
    "STRASSE",
    "İstanbul",
    "istanbul",
    "ﬁne ﬂow",
    "Fine  Flow",
    "100% a_b \\ c",
    "cafe\u0301",
    "café",
    "ǆungla ﷺ",
    "日本",
    "'; DROP",
    "kiſs Ω",
]
EMAILS = ["", "Ann@Example.com", "bob@bücher.example", "no address", "ann@mail.example.com"]
AMOUNTS = ["0", "0.01", "0.10", "1", "999.99", "10000", "12345.67", "9999999999999.99"]
SIGNED = [*AMOUNTS, "-0.01", "-12345.67", "-9999999999999.99"]
NUMBERS = ["0", "1", "2", "3", "5", "5.5", "0.1", "40", "-7", "100", "1e-9", "123456789012345"]
ZONES = [ZoneInfo(name) for name in ("Europe/Paris", "America/New_York", "Asia/Kolkata", "UTC")]
#: The days on which the clocks change in Paris and New York, and others.
DAYS = [
    dt.date(2026, 3, 28),
    dt.date(2026, 3, 29),
    dt.date(2026, 3, 30),
    dt.date(2026, 10, 25),
    dt.date(2026, 3, 8),
    dt.date(2026, 3, 1),
    dt.date(2025, 12, 31),
    dt.date(2024, 2, 29),
]
NOWS = [
    dt.datetime(2026, 3, 29, 0, 59, 59, tzinfo=dt.UTC),
    dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC),
    dt.datetime(2026, 10, 25, 22, 30, tzinfo=dt.UTC),
    dt.datetime(2026, 3, 8, 7, 0, 0, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=dt.UTC),
]
TICK = dt.timedelta(microseconds=1)
INSTANTS = [
    dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC) + shift
    for day in DAYS
    for zone in ZONES
    for shift in (-TICK, TICK * 0, dt.timedelta(hours=2, minutes=30))
] + NOWS
JSON_VALUES: list[Any] = [
    None,
    "",
    "a",
    "b",
    "2026-03-29",
    "2026-13-45",
    "2026-03-29\n",
    "soon",
    0,
    1,
    2,
    5,
    5.5,
    0.1,
    -7,
    -0.01,
    123456789012345,
    12345.67,
    10**17 + 1,
    True,
    False,
    [],
    ["a"],
    ["a", "b"],
    ["b", 1, None],
    [["a"]],
    [""],
    {},
    {"a": 1},
    {"a": ["a"]},
    *TEXTS,
]
CUSTOM = {
    "words": "text",
    "size": "number",
    "fee": "money",
    "day": "date",
    "grade": "choice",
    "marks": "choices",
    "sure": "yes_no",
    "friend": "user",
    "firm": "company",
}


@dataclass
class Pool:
    """Rows of every subject, the ids that conditions may name, and the person who asks."""

    user: User
    rows: dict[str, list[Any]] = field(default_factory=dict)
    ids: dict[str, list[int]] = field(default_factory=dict)


def _custom(dice: random.Random) -> dict[str, Any]:
    right = {
        "words": dice.choice(TEXTS),
        "size": dice.choice([0, 5, 5.5, -7, 0.1]),
        "fee": dice.choice([0.01, 10000, 12345.67]),
        "day": dice.choice(DAYS).isoformat(),
        "grade": dice.choice("ab"),
        "marks": dice.choice([["a"], ["a", "b"], ["b"]]),
        "sure": dice.choice([True, False]),
        "friend": dice.choice([1, 2]),
        "firm": dice.choice([1, 2]),
    }
    return {
        key: dice.choice(JSON_VALUES) if dice.random() < 0.5 else value
        for key, value in right.items()
        if dice.random() < 0.85
    }


def make_pool(count: int = 60) -> Pool:
    """A pool that is the same each time."""
    with arranging():
        return _make(random.Random(17), count)


def _some(dice: random.Random, values: Any) -> Any:
    return None if dice.random() < 0.25 else dice.choice(values)


def _make(dice: random.Random, count: int) -> Pool:
    users = [
        User.objects.create_user(f"pool{place}@example.com", f"Pool {place}") for place in range(4)
    ]
    teams = [Team.objects.create(name=f"Pool {place}", leader=users[place]) for place in range(3)]
    Membership.objects.create(team=teams[0], user=users[1])
    Membership.objects.create(team=teams[1], user=users[0])
    companies = [_company(dice, users) for _ in range(8)]
    contacts = [_contact(dice, users, companies) for _ in range(10)]
    tags = [Tag.objects.create(name=f"Pool {place}") for place in range(4)]
    kinds = [ActivityType.objects.create(name=f"Pool {place}") for place in range(2)]
    for subject in CustomField.Subject.values:
        for key, kind in CUSTOM.items():
            CustomField.objects.create(
                subject=subject,
                key=key,
                label=key.title(),
                type=kind,
                options=[{"id": "a", "label": "First"}, {"id": "b", "label": "Second"}],
            )
    leads = _leads(dice, count, users, teams, companies)
    for lead in leads:
        for tag in dice.sample(tags, dice.randrange(4)):
            LeadTag.objects.create(lead=lead, tag=tag)
        for user in dice.sample(users, dice.randrange(2)):
            LeadCollaborator.objects.create(lead=lead, user=user)
        for contact in dice.sample(contacts, dice.randrange(3)):
            LeadContact.objects.create(
                lead=lead, contact=contact, role=dice.choice(["", *LeadContact.Role.values])
            )
    for place in range(count * 2):
        target = dice.choice([*leads, *leads, *contacts, *companies])
        done = _some(dice, INSTANTS)
        Activity.objects.create(
            type=dice.choice(kinds),
            summary=dice.choice(["", f"Call {place}"]),
            due_at=dice.choice(INSTANTS),
            assignee=_some(dice, users),
            done_at=done,
            outcome=dice.choice(Activity.Outcome.values) if done else "",
            **{type(target)._meta.model_name: target},
        )
    pool = Pool(users[0])
    pool.rows = {
        "pipeline.lead": list(
            Lead.objects.filter(pk__in=[lead.pk for lead in leads])
            .select_related("company")
            .prefetch_related(
                "tags", "collaborators", "followers", "activities", "lead_contacts__contact"
            )
        ),
        "crm.contact": list(
            Contact.objects.filter(pk__in=[contact.pk for contact in contacts])
            .select_related("company")
            .prefetch_related("activities")
        ),
        "crm.company": list(
            Company.objects.filter(pk__in=[company.pk for company in companies]).prefetch_related(
                "activities"
            )
        ),
        "pipeline.activity": list(Activity.objects.all()),
    }
    for model in (
        *(User, Team, Company, Contact, Tag, Stage, Pipeline, ActivityType, LostReason),
        *(Source, Medium, Campaign, Product, Lead),
    ):
        ids = list(model.objects.values_list("pk", flat=True)[:6])
        pool.ids[model._meta.label_lower] = [*ids, 999_999]
    return pool


def _company(dice: random.Random, users: list[User]) -> Company:
    return Company.objects.create(
        name=dice.choice(TEXTS[1:]),
        domain=dice.choice(["", "www.Example.com", "https://acme.example/x"]),
        industry=dice.choice(TEXTS),
        city=dice.choice(TEXTS),
        postal_code=dice.choice(["", "75001", "B-1000"]),
        employees=_some(dice, [0, 3, 40]),
        annual_revenue=_some(dice, [Decimal(text) for text in SIGNED]),
        owner=_some(dice, users),
        archived_at=_some(dice, INSTANTS),
        custom=_custom(dice),
    )


def _contact(dice: random.Random, users: list[User], companies: list[Company]) -> Contact:
    return Contact.objects.create(
        name=dice.choice(TEXTS[1:]),
        job_title=dice.choice(TEXTS),
        email=dice.choice(EMAILS),
        phone=dice.choice(["", "06 12 34 56 78", "none"]),
        consent=dice.choice(Contact.Consent.values),
        company=_some(dice, companies),
        owner=_some(dice, users),
        custom=_custom(dice),
    )


def _leads(
    dice: random.Random,
    count: int,
    users: list[User],
    teams: list[Team],
    companies: list[Company],
) -> list[Lead]:
    way = Pipeline.objects.create(name="Pool")
    stages = [
        Stage.objects.create(pipeline=way, name=f"Stage {place}", sequence=place)
        for place in range(3)
    ]
    reason = LostReason.objects.create(name="Pool")
    source = Source.objects.create(name="Pool")
    leads = []
    for place in range(count):
        status = dice.choice(Lead.Status.values)
        recurring = _some(dice, AMOUNTS)
        leads.append(
            Lead(
                title=dice.choice(TEXTS[1:]) if place else "ﷺ" * 200,
                pipeline=way,
                stage=dice.choice(stages),
                position=f"{place:04d}",
                status=status,
                kind=dice.choice(Lead.Kind.values),
                lost_reason=reason if status == "lost" else None,
                closed_at=dice.choice(INSTANTS) if status != "open" else None,
                owner=_some(dice, users),
                team=_some(dice, teams),
                company=_some(dice, companies),
                source=_some(dice, [source]),
                contact_name=dice.choice(TEXTS),
                company_name=dice.choice(TEXTS),
                email=dice.choice(EMAILS),
                expected_revenue=_some(dice, [Decimal(text) for text in AMOUNTS]),
                recurring_revenue=Decimal(recurring) if recurring else None,
                recurring_plan=dice.choice(Lead.Plan.values) if recurring else "",
                budget_amount=_some(dice, [Decimal(text) for text in SIGNED]),
                budget_confirmed=_some(dice, [True, False]),
                company_fit=_some(dice, [True, False]),
                timeframe=dice.choice(["", *Lead.Timeframe.values]),
                pain=dice.choice(["", "Too slow"]),
                currency=dice.choice(["EUR", "USD"]),
                expected_close=_some(dice, DAYS),
                stars_manual=_some(dice, [0, 1, 2, 3]),
                score=_some(dice, [0, 40, 100]),
                probability_manual=_some(dice, [Decimal("0"), Decimal("33.33"), Decimal("100")]),
                probability_stage=Decimal("12.5"),
                created_at=dice.choice(INSTANTS),
                stage_entered_at=_some(dice, INSTANTS),
                last_activity_at=_some(dice, INSTANTS),
                next_activity_at=_some(dice, INSTANTS),
                search_text=dice.choice(["", "müller strasse", "istanbul 100% a_b"]),
                custom=_custom(dice),
            )
        )
    return Lead.objects.bulk_create(leads)
