"""A small valid record of any tracked model, and what the database and the ledger hold of all."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import count, cycle
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from core.ledger.doctor import check_chain
from core.ledger.links import Link
from core.ledger.schema import schema_of, tracked_models
from core.ledger.tables import Change
from crm.models import Distinct
from messaging.models import FileContent
from tests.factories import arranging

_numbers = count(1)
_roles = cycle(["decision_maker", "champion", "user", "buyer"])
TRACKED: list[Any] = sorted(tracked_models(), key=lambda model: model._meta.label)
#: Those of which there may be several; the one organisation is tried in crm/test_organisation.py.
SEVERAL: list[Any] = [m for m in TRACKED if m._meta.label_lower != "crm.organisation"]
LINKS: list[Any] = [model for model in apps.get_models() if issubclass(model, Link)]


def label(thing: Any) -> str:
    """How a model, or a pair of model and way, is called in the name of a test."""
    return thing._meta.label_lower if isinstance(thing, type) else str(thing)


def values_for(model: Any) -> dict[str, Any]:
    """Arguments that make a valid record of `model`; records that it needs are made."""
    number = next(_numbers)
    special = {
        "crm.user": lambda: {"email": f"user{number}@example.com", "name": f"User {number}"},
        "crm.organisation": lambda: {
            "currency": "EUR",
            "language": "en",
            "time_zone": "Europe/Paris",
        },
        "crm.customfield": lambda: {
            "subject": "pipeline.lead",
            "key": f"key{number}",
            "label": "Label",
            "type": "text",
        },
        "crm.target": lambda: {
            "team": make("crm.team"),
            "starts_on": dt.date(2026, 1, 1),
            "currency": "EUR",
            "value": Decimal(10),
        },
        "pipeline.activity": lambda: {
            "type": make("pipeline.activitytype"),
            "lead": make("pipeline.lead"),
            "due_at": timezone.now(),
        },
        "crm.contactpoint": lambda: {
            "contact": make("crm.contact"),
            "kind": "email",
            "value": f"further{number}@example.com",
        },
        "pipeline.lead": _lead,
        "messaging.file": lambda: {
            "lead": make("pipeline.lead"),
            "name": f"offer{number}.pdf",
            "content": FileContent.objects.create(key=f"key{number}"),
        },
        "messaging.note": lambda: {"lead": make("pipeline.lead"), "body": "Ask for Nora"},
    }.get(model._meta.label_lower)
    if special is not None:
        return special()
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.generated or field.has_default() or not field.editable:
            continue
        if field.null or (field.blank and field.empty_strings_allowed):
            continue
        values[field.name] = _value(field, number)
    if model._meta.label_lower == "core.apitoken":
        values |= {"digest": f"{number:064}", "hint": "rel_"}
    if model._meta.label_lower == "crm.campaigncost":
        values["currency"] = "EUR"
    return values


def _lead() -> dict[str, Any]:
    stage = make("pipeline.stage")
    return {
        "title": f"Lead {next(_numbers)}",
        "pipeline": stage.pipeline,
        "stage": stage,
        "position": f"N{next(_numbers):06}",
    }


def _value(field: Any, number: int) -> Any:
    if field.is_relation:
        return make(field.related_model)
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.DateField):
        return dt.date(2026, 1, 1) + dt.timedelta(days=number)
    if isinstance(field, models.DecimalField):
        return Decimal(number)
    if isinstance(field, models.IntegerField):
        return number
    return f"{field.name} {number}"


def make(model: Any, **values: Any) -> Any:
    """A record of `model` (or of the model of that label), in a closed cause of its own."""
    model = apps.get_model(model) if isinstance(model, str) else model
    if issubclass(model, Distinct) and "second" in values and "first" not in values:
        # The lower id comes first.
        values["first"] = make(model.of_what(), pk=-next(_numbers))
    with arranging():
        return model._base_manager.create(**{**values_for(model), **values})


def change_for(model: Any) -> tuple[str, Any]:
    """A tracked field of `model` that is no key, and another value for it."""
    number = next(_numbers)
    if model._meta.label_lower == "pipeline.leadcontact":
        return "role", next(_roles)
    for column in schema_of(model).tracked:
        field = column.field
        fixed = ("position", "external_source", "currency")
        if field.is_relation or field.choices or field.name in fixed:
            continue
        if isinstance(field, models.EmailField):
            return field.name, f"other{number}@example.com"
        if isinstance(field, models.CharField | models.TextField) and field.editable:
            return field.name, f"other {number}"[: field.max_length]
        if isinstance(field, models.DateTimeField):
            return field.name, timezone.now() + dt.timedelta(days=number)
        if isinstance(field, models.DecimalField):
            return field.name, Decimal(5000 + number)
        if isinstance(field, models.PositiveIntegerField):
            return field.name, 5000 + number
    raise AssertionError(f"no field of {model} to change")


def kind_of(model: Any) -> str:
    """The record type of a model in the ledger."""
    return str(model._meta.label_lower)


def rows_of(model: Any) -> list[Any]:
    """All rows of a table."""
    return list(model._base_manager.order_by("pk").values())


def everything() -> dict[str, list[Any]]:
    """All rows of all tracked and linking tables."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in [*TRACKED, *LINKS]
    }


def assert_ledger_tells_all() -> None:
    """The ledger and the tables say the same of every record."""
    assert [str(problem) for problem in check_chain()] == []


def changes_since(last: int) -> list[Change]:
    """The changes after the one of that id, oldest first."""
    return list(Change.objects.filter(pk__gt=last).order_by("pk"))


def last_id() -> int:
    """The id of the newest change."""
    return Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


#: What an undo leaves behind: the ledger, its work, and how often a record was changed.
LEDGER = {
    *("core.cause", "core.change", "core.undo", "core.pending"),
    *("pipeline.leadsearch", "messaging.notificationwork"),
    *("messaging.reminderwork", "messaging.mailwork", "messaging.invitationwork"),
    "messaging.sentinvitation",
}
COUNTED = {"version", "updated_at"}
REBUILT = {"pipeline.stagevisit", "pipeline.leadspan"}


def all_but_the_ledger() -> dict[str, Any]:
    """Every table but the ledger's, in a form that compares before and after an undo."""
    from core.ledger.dispatch import hand_out
    from pipeline.services import search, totals

    hand_out()
    while search.refresh():
        pass
    found: dict[str, Any] = {}
    for model in apps.get_models():
        kind = kind_of(model)
        if kind in LEDGER or model._meta.app_label == "sessions":
            continue
        if kind == "pipeline.stagetotal":
            found[kind] = {key: values for key, values in totals.kept().items() if any(values)}
            continue
        hidden = COUNTED | ({"id"} if kind in REBUILT or model in LINKS else set())
        rows = [
            {name: value for name, value in row.items() if name not in hidden}
            for row in model._base_manager.order_by("pk").values()
        ]
        found[kind] = sorted(rows, key=repr) if "id" in hidden else rows
    return found


def assert_same(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Two states of all tables are the same; the difference is told table by table."""
    for kind, rows in before.items():
        assert after[kind] == rows, kind
    assert before.keys() == after.keys()


def assert_pipeline_tells_all() -> None:
    """Visits, spans and sums are those that the ledger tells."""
    from pipeline.models import Lead, LeadSpan, StageVisit
    from pipeline.services import rebuilding, totals

    assert totals.differences() == []
    leads = list(Lead.objects.order_by("pk"))
    stories = rebuilding.stories([lead.pk for lead in leads])
    for lead in leads:
        story = stories[lead.pk]
        visits = StageVisit.objects.filter(lead=lead).order_by("entered_at", "id")
        assert [(v.stage_id, v.entered_at, v.left_at) for v in visits] == [
            (v.stage, v.entered_at, v.left_at) for v in story.visits
        ], f"visits of lead {lead.pk}"
        spans = LeadSpan.objects.filter(lead=lead).order_by("starts_at", "id")
        assert [_span(row) for row in spans] == [
            (
                span.starts_at,
                span.ends_at,
                span.shown.stage,
                span.shown.status,
                span.shown.owner,
                span.shown.team,
                span.shown.amount,
                span.shown.currency,
                span.shown.probability,
                span.shown.archived,
            )
            for span in story.spans
            if span.ends_at is None or span.ends_at > span.starts_at
        ], f"spans of lead {lead.pk}"
        assert lead.stage_entered_at == story.stage_entered_at
        assert lead.probability_stage == story.probability_stage
        open_visits = [visit for visit in visits if visit.left_at is None]
        assert len(open_visits) == (0 if lead.status == "lost" else 1)


def _span(row: Any) -> tuple[Any, ...]:
    return (
        row.starts_at,
        row.ends_at,
        row.stage_id,
        row.status,
        row.owner_id,
        row.team_id,
        row.amount,
        row.currency,
        row.probability,
        row.archived,
    )
