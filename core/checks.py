"""System checks: nothing in the models may slip past the ledger.

What can be guarded at run time is; what cannot (a cascade that starts at an untracked record, one
that the database does by itself) is refused here, before the first row is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from core.ledger.codes import relations_to
from core.ledger.derivations import is_derived
from core.ledger.links import Link, LinkQuerySet
from core.ledger.schema import is_tracked
from core.ledger.tables import Change
from core.ledger.tracked import TrackedQuerySet

#: What happens to a row without the ledger being told.
BY_DATABASE = (models.DB_CASCADE, models.DB_SET_NULL, models.DB_SET_DEFAULT)
HARMLESS = (models.PROTECT, models.RESTRICT, models.DO_NOTHING)


def check_guard(app_configs: Sequence[AppConfig] | None, **_options: Any) -> list[checks.Error]:
    """Every way past the ledger that the models leave open."""
    errors: list[checks.Error] = []
    for model in apps.get_models():
        if app_configs is not None and model._meta.app_config not in app_configs:
            continue
        if is_tracked(model):
            errors += _record(model)
        if is_link(model):
            errors += _link(model)
        if is_guarded(model):
            errors += _keys_from(model)
            errors += _keys_to(model)
    return errors


def is_link(model: Any) -> bool:
    """Whether rows of `model` are members of a set that the ledger follows."""
    return issubclass(model, Link)


def is_guarded(model: Any) -> bool:
    """Whether the ledger follows what happens to rows of `model`."""
    return is_tracked(model) or is_link(model)


def _record(model: Any) -> Iterator[checks.Error]:
    meta = model._meta
    if meta.proxy or any(is_tracked(parent) for parent in meta.parents):
        yield _error("E001", model, "is a proxy or a child of a tracked model's table.")
    if not isinstance(meta.pk, models.BigAutoField):
        yield _error("E002", model, "has a key that the ledger cannot hold: use BigAutoField.")
    for manager in (meta.base_manager, meta.default_manager, *meta.managers):
        if not isinstance(manager.get_queryset(), TrackedQuerySet):
            yield _error("E003", model, f"has a manager ({manager.name}) past the ledger.")
    length: Any = Change._meta.get_field("record_type")
    if len(meta.label_lower) > length.max_length:
        yield _error("E004", model, "has a name that is too long for Change.record_type.")
    for field in meta.many_to_many:
        through = field.remote_field.through
        if not is_guarded(through):
            yield _error("E005", model, f"has a set ({field.name}) whose rows nobody follows.")
    named = {*model.ledger_exclude, *model.ledger_machine}
    named.update(name for group in model.ledger_together for name in group)
    named.update({model.ledger_custom} - {None})
    for name in sorted(named):
        try:
            meta.get_field(name)
        except FieldDoesNotExist:
            yield _error("E006", model, f"speaks of a field that it does not have: {name}.")


def _link(model: Any) -> Iterator[checks.Error]:
    for manager in (model._meta.base_manager, model._meta.default_manager):
        if not isinstance(manager.get_queryset(), LinkQuerySet):
            yield _error("E003", model, f"has a manager ({manager.name}) past the ledger.")
    if not is_tracked(model.link_parent()):
        yield _error("E007", model, "is a set on a record that is not tracked.")
        return
    sets = {
        field.remote_field.through: field.name
        for field in model.link_parent()._meta.many_to_many  # type: ignore[attr-defined]
    }
    if sets.get(model) != model.ledger_field:
        yield _error("E008", model, f"is not the table of the set “{model.ledger_field}”.")


def _keys_from(model: Any) -> Iterator[checks.Error]:
    """Deleting the untracked record at the other end would change rows here without a word."""
    for field in model._meta.concrete_fields:
        if not field.is_relation or is_tracked(field.related_model):
            continue
        if field.remote_field.on_delete not in HARMLESS:
            yield _error(
                "E009",
                model,
                f"changes with a record that is not tracked ({field.name}): use PROTECT.",
            )


def _keys_to(model: Any) -> Iterator[checks.Error]:
    """What hangs on records of `model`, and goes or is emptied with them."""
    for relation in relations_to(model):
        holder, act = relation.related_model, relation.on_delete
        name = f"{holder._meta.label}.{relation.field.name}"
        if act in BY_DATABASE:
            yield _error("E010", model, f"is followed by the database alone ({name}).")
        if relation.field.target_field.name != model._meta.pk.name:
            yield _error("E011", model, f"is referred to by another column than its key ({name}).")
        if is_guarded(holder) or is_derived(holder) or act in HARMLESS:
            continue
        if act is not models.CASCADE:
            yield _error(
                "E012", model, f"is kept by an untracked row that would lose it ({name}): track it."
            )
        elif not isinstance(holder._meta.pk, models.BigAutoField):
            yield _error("E013", model, f"takes rows with it that have no numeric key ({name}).")


def _error(number: str, model: Any, message: str) -> checks.Error:
    return checks.Error(f"{model._meta.label} {message}", obj=model, id=f"core.{number}")


def names_a_secret(name: str) -> bool:
    """Whether a field is named like something that must never stand in the ledger."""
    return any(word in name.lower() for word in SECRET_WORDS)


#: Words in the names of fields that ask for a verdict: in `ledger_exclude`, or here that they may.
SECRET_WORDS = (
    "password",
    "passwd",
    "secret",
    "token",
    "digest",
    "otp",
    "private_key",
    "api_key",
    "credential",
    "recovery",
)
