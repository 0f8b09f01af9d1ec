"""No secret gets into the ledger: every field that is named like one has a verdict."""

from __future__ import annotations

import re

import pytest
from django.db import models

from core.ledger.schema import schema_of, tracked_models

LIKE_A_SECRET = re.compile(
    r"pass(word|phrase)|secret|token|digest|totp|otp|hash|private|credential"
)

#: Fields named like a secret that are none, each with the reason.
HARMLESS: dict[str, str] = {}


def suspects() -> list[tuple[type[models.Model], str]]:
    return [
        (model, field.name)
        for model in tracked_models()
        for field in model._meta.concrete_fields
        if LIKE_A_SECRET.search(field.name)
    ]


def test_there_are_suspects() -> None:
    assert {f"{model._meta.label_lower}.{name}" for model, name in suspects()} >= {
        "crm.user.password",
        "core.apitoken.digest",
    }


@pytest.mark.parametrize(("model", "name"), suspects())
def test_a_field_named_like_a_secret_has_a_verdict(model: type[models.Model], name: str) -> None:
    label = f"{model._meta.label_lower}.{name}"
    excluded = getattr(model, "ledger_exclude", frozenset())
    assert name in excluded or label in HARMLESS, (
        f"{label} is named like a secret: put it into ledger_exclude, or here with the reason."
    )
    if name in excluded:
        assert name not in schema_of(model).by_name


def test_what_is_excluded_exists() -> None:
    for model in tracked_models():
        names = {field.name for field in model._meta.concrete_fields}
        assert getattr(model, "ledger_exclude", frozenset()) <= names, model
