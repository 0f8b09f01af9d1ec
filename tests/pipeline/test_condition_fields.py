"""What conditions may ask of leads, contacts, companies and activities, now and in the past."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import CharField, Model, TextField
from django.utils import timezone

from core.conditions import bind, matches, parse, past_missing, past_state, state_of, to_q
from core.conditions.columns import AnyOf
from core.conditions.fields import Declared
from core.errors import Refused
from core.folding import fold
from core.ledger.history import state_at
from crm.models import Company, Contact, CustomField, Tag
from pipeline.models import Activity, Lead, LeadTag, Pipeline, Stage
from pipeline.services.leads import update_lead
from tests.conftest import Cast
from tests.factories import arranging, make_company

#: Columns of which no condition speaks: keys that stand for a declared text, places, parts.
SILENT = {
    "pipeline.lead": {
        "position",
        "first_touch",
        "last_touch",
        "external_source",
        "external_id",
        "stars_manual",
        "probability_manual",
        "probability_predicted",
        "probability_stage",
        "search_text",
        "company_name_alike",
        "domain_key",
        "contact_name_alike",
        "custom",
        "custom_keys",
    },
    "crm.contact": {
        *("external_source", "external_id", "consent_source", "name_alike"),
        *("custom", "custom_keys", "domain_key"),
    },
    "crm.company": {
        *("external_source", "external_id", "street", "name_alike"),
        *("custom", "custom_keys"),
    },
    "pipeline.activity": {
        *("all_day", "updated_at", "duration", "place", "reminder", "remind_at"),
    },
}


@pytest.mark.parametrize("model", [Lead, Contact, Company, Activity])
@pytest.mark.django_db
def test_every_column_is_declared_or_left_out_on_purpose(model: type[Model]) -> None:
    subject = model._meta.label_lower
    declared = {field.name for field in Declared(subject).all()}
    columns = {field.name for field in model._meta.concrete_fields} - {"id", "version"}
    keys = {name for name in columns if name.endswith("_key")} - SILENT[subject]
    assert columns - keys - declared == SILENT[subject]
    assert declared >= {name.removesuffix("_key") for name in keys}


def test_texts_are_compared_on_columns_that_hold_folded_keys() -> None:
    for model in (Lead, Contact, Company):
        for field in Declared(model._meta.label_lower).subject.fields.values():  # type: ignore[union-attr]
            if field.type.name in ("text", "email") and "." not in field.name:
                several = isinstance(field.column, AnyOf)
                paths = field.column.columns if several else (field.column.path,)  # type: ignore[union-attr]
                for path in paths:
                    column = model._meta.get_field(path)
                    assert column.name.endswith("_key")
                    assert isinstance(column, CharField | TextField)


@pytest.fixture
def lead(cast: Cast) -> Lead:
    company = make_company("Müller & Söhne", industry="Retail", employees=40, city="Köln")
    with arranging():
        way = Pipeline.objects.create(name="Conditions")
        stage = Stage.objects.create(pipeline=way, name="First")
        for key, kind in (("size", "number"), ("words", "text"), ("marks", "choices")):
            CustomField.objects.create(
                subject="pipeline.lead",
                key=key,
                label=key,
                type=kind,
                options=[{"id": "a", "label": "A"}],
            )
        lead = Lead.objects.create(
            title="İstanbul  ﬁrst",
            pipeline=way,
            stage=stage,
            position="1",
            owner=cast.rep,
            company=company,
            email="Ann@Bücher.example",
            expected_revenue=Decimal("12345.67"),
            expected_close=dt.date(2026, 11, 30),
            custom={"size": 5, "words": "Große Halle", "marks": ["a"]},
        )
        LeadTag.objects.create(lead=lead, tag=Tag.objects.create(name="Hot"))
    return Lead.objects.get(pk=lead.pk)


def look(moment: dt.datetime) -> Any:
    models = {"crm.company": Company, "crm.contact": Contact}
    return lambda record_type, key: state_at(models[record_type], key, moment)


def test_the_past_of_every_field_that_claims_one_equals_the_present_that_it_was(
    cast: Cast, lead: Lead
) -> None:
    fields = [field for field in Declared("pipeline.lead").all() if field.past is not None]
    asked = [
        {"field": field.name, "op": "is empty"}
        for field in fields
        if "is empty" in field.type.operators
    ]
    bound = bind({"all": asked}, "pipeline.lead", now=timezone.now(), zone=dt.UTC)
    before, moment = state_of(lead, bound), timezone.now()
    assert len(before) > 40
    with arranging():
        changed = Lead.objects.get(pk=lead.pk)
        changed.title, changed.owner, changed.expected_revenue = "Other", None, None
        changed.custom = {"size": 7}
        changed.save()
        company = Company.objects.get(pk=lead.company_id)
        company.industry = "Wholesale"
        company.save()
        LeadTag.objects.filter(lead=lead).delete()
    state = state_at(Lead, lead.pk, moment)
    assert state is not None
    assert past_state(bound, state, look(moment)) == before
    now_state = state_at(Lead, lead.pk, timezone.now())
    assert now_state is not None
    after = state_of(Lead.objects.get(pk=lead.pk), bound)
    assert past_state(bound, now_state, look(timezone.now())) == after
    assert after["company.industry"] == "wholesale"
    assert after != before


def test_a_field_without_a_past_is_named() -> None:
    tree = parse(
        {
            "all": [
                {"field": "score", "op": ">", "value": 50},
                {"not": {"field": "title", "op": "=", "value": "A"}},
                {"field": "next_activity_at", "op": "is empty"},
                {"any": "activities"},
                {"field": "score", "op": "<", "value": 90},
            ]
        },
        "pipeline.lead",
    )
    assert past_missing(tree) == ["score", "next_activity_at", "activities"]


@pytest.mark.parametrize(
    "tree",
    [
        {"field": "title", "op": "=", "value": "i\u0307stanbul FIRST"},
        {"field": "email", "op": "at domain", "value": "xn--bcher-kva.example"},
        {"field": "company.city", "op": "starts with", "value": "KÖ"},
        {"field": "company.employees", "op": "between", "value": [40, 40]},
        {"field": "expected_revenue", "op": "=", "value": "12345.67"},
        {"field": "expected_close", "op": "=", "value": "2026-11-30"},
        {"field": "custom.size", "op": "<=", "value": 5},
        {"field": "custom.words", "op": "contains", "value": "GROSSE"},
        {"field": "custom.marks", "op": "has all of", "value": ["a"]},
        {"field": "stage_entered_at", "op": "is empty"},
    ],
)
def test_a_lead_is_found_by_what_it_holds(lead: Lead, tree: dict[str, Any]) -> None:
    for asked, expected in ((tree, True), ({"not": tree}, False)):
        bound = bind(asked, "pipeline.lead", now=timezone.now(), zone=dt.UTC)
        assert Lead.objects.filter(to_q(bound)).exists() is expected
        assert matches(bound, state_of(lead, bound)) is expected


def test_a_custom_field_that_is_not_in_use_is_unknown(lead: Lead) -> None:
    with arranging():
        CustomField.objects.filter(key="size").update(is_active=False)
    names = [field.name for field in Declared("pipeline.lead").all()]
    assert "custom.size" not in names
    assert "custom.words" in names


def set_custom(lead: Lead, values: dict[str, object]) -> dict[str, object]:
    """The custom values of a lead after an edit."""
    with arranging():
        return update_lead(lead=lead.pk, values={"custom": values}, by=None).custom


def test_custom_values_are_kept_in_one_form(cast: Cast, lead: Lead) -> None:
    kept = set_custom(lead, {"size": "5.0", "words": " Halle ", "marks": []})
    assert (kept["size"], kept["words"], "marks" in kept) == (5, "Halle", False)
    with pytest.raises(Refused) as caught:
        set_custom(lead, {"size": "many", "marks": ["z"], "unknown": 1})
    assert set(caught.value.fields) == {"custom.size", "custom.marks", "custom.unknown"}


def test_a_custom_value_names_a_record_that_exists(cast: Cast, lead: Lead) -> None:
    with arranging():
        CustomField.objects.create(
            subject="pipeline.lead", key="friend", label="Friend", type="user"
        )
    assert set_custom(lead, {"friend": cast.rep.pk})["friend"] == cast.rep.pk
    with pytest.raises(Refused, match="There is no such record"):
        set_custom(lead, {"friend": 999_999})


def test_a_title_that_folding_makes_longer_still_fits(lead: Lead) -> None:
    with arranging():
        lead.title = "ﷺ" * 200
        lead.save()
    assert len(fold(lead.title)) > 600
    bound = bind(
        {"field": "title", "op": "=", "value": "ﷺ" * 200},
        "pipeline.lead",
        now=timezone.now(),
        zone=dt.UTC,
    )
    assert Lead.objects.filter(to_q(bound)).count() == 1


@pytest.mark.parametrize(
    ("tree", "index"),
    [
        ({"field": "owner", "op": "=", "value": 1}, "lead_by_owner"),
        ({"field": "team", "op": "in", "value": [1, 2]}, "lead_by_team"),
        ({"field": "company", "op": "=", "value": 1}, "lead_by_company"),
        ({"field": "updated_at", "op": "=", "value": "today"}, "lead_by_change"),
    ],
)
@pytest.mark.django_db
def test_a_condition_on_a_common_field_uses_its_index(tree: dict[str, Any], index: str) -> None:
    bound = bind(tree, "pipeline.lead", now=timezone.now(), zone=dt.UTC)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Lead.objects.filter(to_q(bound)).order_by().explain()
    assert index in plan
