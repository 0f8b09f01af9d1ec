"""Nothing slips past the ledger: every way of writing, on every tracked model and relation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import serializers
from django.db import models, transaction

from core.errors import OutsideCause, Unguarded
from core.ledger.causes import because
from core.ledger.schema import schema_of
from core.ledger.tables import Action, Change, Kind
from tests.core.samples import (
    SEVERAL,
    TRACKED,
    assert_ledger_tells_all,
    change_for,
    changes_since,
    everything,
    kind_of,
    label,
    last_id,
    make,
    rows_of,
    values_for,
)

pytestmark = pytest.mark.django_db

Way = Callable[[Any], Any]
Subtests = pytest.Subtests


def _changed(record: Any) -> Any:
    name, value = change_for(type(record))
    setattr(record, name, value)
    return record


def _names(record: Any) -> list[str]:
    return [change_for(type(record))[0]]


def _others(record: Any) -> Any:
    return type(record)._default_manager.filter(pk=record.pk)


def _base(record: Any) -> Any:
    return type(record)._base_manager.filter(pk=record.pk)


def _new(record: Any, number: int = 1) -> list[Any]:
    return [type(record)(**values_for(type(record))) for _ in range(number)]


def _update(record: Any) -> dict[str, Any]:
    name, value = change_for(type(record))
    return {name: value}


def _deserialize(record: Any) -> None:
    """What `loaddata` does."""
    for item in serializers.deserialize("json", serializers.serialize("json", [_changed(record)])):
        item.save()


#: Ways that change the given record. What they write is not told here: the ledger must tell it.
CHANGES: dict[str, Way] = {
    "save": lambda record: _changed(record).save(),
    "save(update_fields)": lambda record: _changed(record).save(update_fields=_names(record)),
    "save(force_update)": lambda record: _changed(record).save(force_update=True),
    "asave": lambda record: async_to_sync(_changed(record).asave)(),
    "update": lambda record: _others(record).update(**_update(record)),
    "aupdate": lambda record: async_to_sync(_others(record).aupdate)(**_update(record)),
    "update by the base manager": lambda record: _base(record).update(**_update(record)),
    "bulk_update": lambda record: _others(record).bulk_update([_changed(record)], _names(record)),
    "abulk_update": lambda record: async_to_sync(_others(record).abulk_update)(
        [_changed(record)], _names(record)
    ),
    "update_or_create of one": lambda record: _others(record).update_or_create(
        defaults=_update(record), pk=record.pk
    ),
    "aupdate_or_create of one": lambda record: async_to_sync(_base(record).aupdate_or_create)(
        defaults=_update(record), pk=record.pk
    ),
}
CREATES: dict[str, Way] = {
    "save of a new one": lambda record: _new(record)[0].save(),
    "save(force_insert)": lambda record: _new(record)[0].save(force_insert=True),
    "create": lambda record: _others(record).create(**values_for(type(record))),
    "acreate": lambda record: async_to_sync(_base(record).acreate)(**values_for(type(record))),
    "get_or_create": lambda record: _others(record).get_or_create(
        pk=record.pk + 10_000, defaults=values_for(type(record))
    ),
    "aget_or_create": lambda record: async_to_sync(_others(record).aget_or_create)(
        pk=record.pk + 10_000, defaults=values_for(type(record))
    ),
    "update_or_create": lambda record: _others(record).update_or_create(
        pk=record.pk + 10_000, defaults=values_for(type(record))
    ),
    "bulk_create": lambda record: _others(record).bulk_create(_new(record, 3)),
    "bulk_create by the base manager": lambda record: _base(record).bulk_create(_new(record, 2)),
    "abulk_create": lambda record: async_to_sync(_others(record).abulk_create)(_new(record, 2)),
}
DELETES: dict[str, Way] = {
    "delete": lambda record: record.delete(),
    "adelete": lambda record: async_to_sync(record.adelete)(),
    "delete of a queryset": lambda record: _others(record).delete(),
    "adelete of a queryset": lambda record: async_to_sync(_others(record).adelete)(),
    "delete by the base manager": lambda record: _base(record).delete(),
    "delete of a deferred one": lambda record: _others(record).only("pk").get().delete(),
}
#: Ways that the ledger cannot follow; they are refused with and without a cause.
REFUSED: dict[str, Way] = {
    "bulk_create(ignore_conflicts)": lambda record: _others(record).bulk_create(
        [record], ignore_conflicts=True
    ),
    "bulk_create(update_conflicts)": lambda record: _others(record).bulk_create(
        [_changed(record)],
        update_conflicts=True,
        update_fields=_names(record),
        unique_fields=["id"],
    ),
    "_raw_delete": lambda record: _others(record)._raw_delete("default"),
    "_raw_delete by the base manager": lambda record: _base(record)._raw_delete("default"),
    "a fixture": _deserialize,
    "update(expression)": lambda record: _others(record).update(
        **{change_for(type(record))[0]: models.F(change_for(type(record))[0])}
    ),
    "update of the key": lambda record: _others(record).update(id=record.pk + 77),
    "update of the version": lambda record: _others(record).update(version=77),
}


def _save_expression(record: Any) -> None:
    for column in schema_of(type(record)).tracked:
        setattr(record, column.attname, models.F(column.name))
    record.save()


def _bulk_expression(record: Any) -> None:
    name = change_for(type(record))[0]
    setattr(record, name, models.F(name))
    _others(record).bulk_update([record], [name])


def _save_under_another_key(record: Any) -> None:
    _changed(record).pk += 77
    record.save()


REFUSED |= {
    "save(expression)": _save_expression,
    "bulk_update(expression)": _bulk_expression,
    "save under another key": _save_under_another_key,
}
ALLOWED = {**CHANGES, **CREATES, **DELETES}


@pytest.mark.parametrize("model", SEVERAL, ids=label)
def test_outside_a_cause_nothing_is_written(model: Any, subtests: Subtests) -> None:
    for way, act in ALLOWED.items():
        with subtests.test(way):
            record = make(model)
            values_for(model)  # what it makes beside it stays out of the comparison
            before, last = rows_of(model), last_id()
            with pytest.raises(OutsideCause), transaction.atomic():
                act(record)
            assert rows_of(model) == before
            assert [c for c in changes_since(last) if c.record_type == kind_of(model)] == []
    assert_ledger_tells_all()


@pytest.mark.parametrize("model", TRACKED, ids=label)
def test_what_cannot_be_followed_is_refused(model: Any, subtests: Subtests) -> None:
    record = make(model)
    before, last = everything(), last_id()
    for way, act in REFUSED.items():
        for cause in (nullcontext(), because(Kind.SYSTEM)):
            with (
                subtests.test(way),
                pytest.raises((Unguarded, OutsideCause)) as refusal,
                transaction.atomic(),
                cause as opened,
            ):
                act(model._base_manager.get(pk=record.pk))
            assert refusal.type is Unguarded or opened is None
    assert everything() == before
    assert changes_since(last) == []


@pytest.mark.parametrize("model", TRACKED, ids=label)
def test_a_change_is_logged_as_it_happened(model: Any, subtests: Subtests) -> None:
    record = make(model)
    for way, act in CHANGES.items():
        with subtests.test(way):
            old = model._base_manager.get(pk=record.pk)
            last = last_id()
            with because(Kind.SYSTEM) as cause:
                act(model._base_manager.get(pk=record.pk))
            new = model._base_manager.get(pk=record.pk)
            (change,) = changes_since(last)
            expected = {
                column.name: [code(column, old), code(column, new)]
                for column in schema_of(model).tracked
                if code(column, old) != code(column, new)
            }
            assert expected and change.diff == expected
            assert (change.record_type, change.record_id) == (kind_of(model), record.pk)
            assert (change.action, change.cause_id) == (Action.UPDATED, cause.id)
            assert new.version == old.version + 1
            assert new.updated_at > old.updated_at
    assert_ledger_tells_all()


def code(column: Any, row: Any) -> Any:
    """A value of a row as the ledger writes it."""
    value = getattr(row, column.attname)
    return None if value is None else column.encode(value)


@pytest.mark.parametrize("model", SEVERAL, ids=label)
def test_a_new_record_is_logged_whole(model: Any, subtests: Subtests) -> None:
    for way, act in CREATES.items():
        with subtests.test(way):
            record = make(model)
            known = list(model._base_manager.values_list("pk", flat=True))
            last = last_id()
            with because(Kind.SYSTEM):
                act(record)
            created = {
                change.record_id: change
                for change in changes_since(last)
                if change.record_type == kind_of(model) and change.action == Action.CREATED
            }
            made = list(model._base_manager.exclude(pk__in=known))
            assert {row.pk for row in made} == created.keys() and made
            for row in made:
                assert created[row.pk].diff == {
                    column.name: [None, code(column, row)]
                    for column in schema_of(model).tracked
                    if code(column, row) not in (None, "")
                }
                assert row.version == 1
    assert_ledger_tells_all()


@pytest.mark.parametrize("model", SEVERAL, ids=label)
def test_a_deleted_record_leaves_its_whole_row(model: Any, subtests: Subtests) -> None:
    for way, act in DELETES.items():
        with subtests.test(way):
            record = make(model)
            row = model._base_manager.get(pk=record.pk)
            with because(Kind.SYSTEM):
                act(record)
            assert not model._base_manager.filter(pk=row.pk).exists()
            change = Change.objects.get(
                record_type=kind_of(model), record_id=row.pk, action=Action.DELETED
            )
            for column in schema_of(model).columns:
                old = code(column, row)
                assert change.diff.get(column.name, [None, None]) == [old or None, None] or (
                    change.diff[column.name] == [old, None]
                )
    assert_ledger_tells_all()
