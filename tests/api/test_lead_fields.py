"""Each field of a lead by each person. A new field without its line here fails."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from pipeline.api.leadserializers import LeadSerializer
from tests.api.test_rights import PEOPLE, changers

# Each field of a lead that can be written, with a value that it may take.
FIELDS: dict[str, Any] = {
    "title": "x",
    "description": "x",
    "company": None,
    "contact_name": "x",
    "company_name": "x",
    "email": "x@example.com",
    "phone": "+33 1 23 45 67 89",
    "owner": None,
    "team": None,
    "collaborators": [],
    "followers": [],
    "product": "products",
    "expected_revenue": "7.00",
    "currency": "USD",
    "recurring_revenue": None,
    "recurring_plan": "",
    "expected_close": "2027-01-01",
    "forecast_category": "commit",
    "tags": ["tags"],
    "source": "sources",
    "medium": "mediums",
    "campaign": "campaigns",
    "first_touch": None,
    "last_touch": "touches",
    "budget_confirmed": True,
    "budget_amount": "9.00",
    "decision_maker_known": False,
    "timeframe": "now",
    "pain": "x",
    "company_fit": True,
    "custom": {"colour": "red"},
    "stars_manual": 3,
    "probability_manual": "42.00",
    "external_source": "x",
    "external_id": "x",
}


def test_every_writable_field_has_its_line():
    fields = LeadSerializer().fields
    writable = {name for name, field in fields.items() if not field.read_only}
    assert writable - set(LeadSerializer.fixed) == set(FIELDS)


def test_each_field_by_each_person(api, cast, world):
    clients = {part: api(getattr(cast, part)) for part in PEOPLE}
    expected = dict(zip(PEOPLE, changers(200).split(), strict=True))
    before = clients["manager"].get(f"leads/{world['leads']}/").json()
    wrong = []
    for field, value in FIELDS.items():
        sent = [world[item] for item in value] if isinstance(value, list) else value
        sent = world.get(value, value) if isinstance(value, str) else sent
        for part, client in clients.items():
            with transaction.atomic():
                response = client.patch(f"leads/{world['leads']}/", {field: sent})
                if str(response.status_code) != expected[part]:
                    wrong.append((field, part, expected[part], response.content))
                after = clients["manager"].get(f"leads/{world['leads']}/").json()
                same_already = field in ("recurring_revenue", "recurring_plan", "collaborators")
                changed = after[field] != before[field]
                if changed != (expected[part] == "200" and not same_already):
                    wrong.append((field, part, "changed" if changed else "unchanged"))
                transaction.set_rollback(True)
    assert wrong == []
