"""Nothing slips past the ledger: cascades, the other sides of keys, and sets from both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import models, transaction
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from core.errors import OutsideCause, Unguarded
from core.ledger.causes import because
from core.ledger.codes import relations_to
from core.ledger.derivations import is_derived
from core.ledger.schema import is_tracked
from core.ledger.tables import Action, Kind
from tests.core.samples import (
    LINKS,
    TRACKED,
    assert_ledger_tells_all,
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

Subtests = pytest.Subtests

RELATIONS = [(model, relation) for model in TRACKED for relation in relations_to(model)]


def name_of(relation: Any) -> str:
    return f"{relation.related_model._meta.label_lower}.{relation.field.name}"


@pytest.mark.parametrize(
    ("model", "relation"), RELATIONS, ids=[name_of(relation) for _, relation in RELATIONS]
)
def test_deleting_logs_what_it_takes_and_empties(model: Any, relation: Any) -> None:
    holder, field = relation.related_model, relation.field
    if not (is_tracked(holder) or holder in LINKS):
        # What is not logged is rebuilt, or holds the record.
        assert is_derived(holder) or relation.on_delete is models.PROTECT
        return
    target = make(model)
    hanging = _hanging(holder, field, target)
    before, last = everything(), last_id()
    with pytest.raises((OutsideCause, ProtectedError)), transaction.atomic():
        target.delete()
    assert everything() == before
    if relation.on_delete is models.PROTECT:
        with pytest.raises(ProtectedError), transaction.atomic(), because(Kind.SYSTEM):
            target.delete()
        assert everything() == before
        return
    key = target.pk
    with because(Kind.SYSTEM):
        target.delete()
    found = [(c.record_type, c.record_id, c.action, c.diff) for c in changes_since(last)]
    if holder in LINKS:
        parent = getattr(hanging, f"{holder.ledger_parent}_id")
        member = getattr(hanging, f"{holder.ledger_child}_id")
        kind = kind_of(holder.link_parent())
        assert (kind, parent, Action.UPDATED, {holder.ledger_field: {"remove": [member]}}) in found
    elif relation.on_delete is models.CASCADE:
        assert (kind_of(holder), hanging.pk, Action.DELETED) in [line[:3] for line in found]
    else:
        assert relation.on_delete is models.SET_NULL
        diff = {field.name: [key, None]}
        assert (kind_of(holder), hanging.pk, Action.UPDATED, diff) in found
        assert holder._base_manager.get(pk=hanging.pk).version == hanging.version + 1
    assert (kind_of(model), key, Action.DELETED) in [line[:3] for line in found]
    assert_ledger_tells_all()


def _hanging(holder: Any, field: Any, target: Any) -> Any:
    """A row of `holder` that refers to `target` by `field`."""
    values = _companions(holder, field)
    if name_of_field(field) == "pipeline.lead.pipeline":
        values["stage"] = make("pipeline.stage", pipeline=target)
    return make(holder, **{**values, field.name: target})


def name_of_field(field: Any) -> str:
    return f"{kind_of(field.model)}.{field.name}"


def _companions(holder: Any, field: Any) -> dict[str, Any]:
    """Values that a constraint asks for beside the key."""
    return {
        "pipeline.activity.contact": {"lead": None},
        "pipeline.activity.company": {"lead": None},
        "messaging.note.contact": {"lead": None},
        "messaging.note.company": {"lead": None},
        "messaging.file.contact": {"lead": None},
        "messaging.file.company": {"lead": None},
        "crm.contactpoint.company": {"contact": None},
        "crm.target.user": {"team": None},
        "pipeline.lead.lost_reason": {"status": "lost", "closed_at": timezone.now()},
    }.get(name_of_field(field), {})


#: Keys that may be null, but that a constraint does not let be emptied alone.
STAYING = {
    "pipeline.activity.lead",
    "pipeline.activity.contact",
    "pipeline.activity.company",
    "messaging.note.lead",
    "messaging.note.contact",
    "messaging.note.company",
    "messaging.file.lead",
    "messaging.file.contact",
    "messaging.file.company",
    "crm.contactpoint.contact",
    "crm.contactpoint.company",
    "crm.target.team",
    "crm.target.user",
    "pipeline.lead.lost_reason",
}
REVERSE = [
    (model, relation)
    for model, relation in RELATIONS
    if not relation.hidden and is_tracked(relation.related_model)
]
#: Given the manager of the new (or, below, of the old) one side, a row, and its key.
REVERSE_WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda manager, row, field: manager.add(row),
    "add(bulk=False)": lambda manager, row, field: manager.add(row, bulk=False),
    "aadd": lambda manager, row, field: async_to_sync(manager.aadd)(row),
    "set": lambda manager, row, field: manager.set([row]),
    "aset": lambda manager, row, field: async_to_sync(manager.aset)([row]),
    "update": lambda manager, row, field: manager.model._base_manager.filter(pk=row.pk).update(
        **{field.name: manager.instance}
    ),
}
NULL_WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "remove": lambda manager, row, field: manager.remove(row),
    "remove(bulk=False)": lambda manager, row, field: manager.remove(row, bulk=False),
    "clear": lambda manager, row, field: manager.clear(),
    "aclear": lambda manager, row, field: async_to_sync(manager.aclear)(),
    "set([])": lambda manager, row, field: manager.set([]),
    "update(None)": lambda manager, row, field: manager.update(**{field.name: None}),
}
MAKING_WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "create": lambda manager, values: manager.create(**values),
    "acreate": lambda manager, values: async_to_sync(manager.acreate)(**values),
    "get_or_create": lambda manager, values: manager.get_or_create(pk=9_000_001, defaults=values),
    "update_or_create": lambda manager, values: manager.update_or_create(
        pk=7_000_000, defaults=values
    ),
}


@pytest.mark.parametrize(
    ("model", "relation"), REVERSE, ids=[name_of(relation) for _, relation in REVERSE]
)
def test_the_other_side_of_a_key_is_guarded(model: Any, relation: Any, subtests: Subtests) -> None:
    holder, field = relation.related_model, relation.field
    accessor = relation.get_accessor_name()
    target, other = make(model), make(model)
    kept = _hanging(holder, field, target)
    for way, act in {**REVERSE_WAYS, **NULL_WAYS}.items():
        emptying = way in NULL_WAYS
        if emptying and (not field.null or name_of_field(field) in STAYING):
            continue
        with subtests.test(way):
            with because(Kind.SYSTEM):
                holder._base_manager.filter(pk=kept.pk).update(**{field.name: target})
            before, last = rows_of(holder), last_id()
            manager = getattr(target if emptying else other, accessor)
            row = holder._base_manager.get(pk=kept.pk)
            with pytest.raises(OutsideCause), transaction.atomic():
                act(manager, row, field)
            assert rows_of(holder) == before
            with because(Kind.SYSTEM):
                act(manager, holder._base_manager.get(pk=kept.pk), field)
            (change,) = changes_since(last)
            assert change.diff == {field.name: [target.pk, None if emptying else other.pk]}
            assert (change.record_type, change.record_id) == (kind_of(holder), kept.pk)
    assert_ledger_tells_all()


@pytest.mark.parametrize(
    ("model", "relation"), REVERSE, ids=[name_of(relation) for _, relation in REVERSE]
)
def test_making_through_the_other_side_is_guarded(
    model: Any, relation: Any, subtests: Subtests
) -> None:
    holder, field = relation.related_model, relation.field
    for way, act in MAKING_WAYS.items():
        with subtests.test(way):
            target = make(model)
            values = {**values_for(holder), **_companions(holder, field)}
            values.pop(field.name, None)
            manager = getattr(target, relation.get_accessor_name())
            before, last = rows_of(holder), last_id()
            with pytest.raises(OutsideCause), transaction.atomic():
                act(manager, values)
            assert rows_of(holder) == before
            with because(Kind.SYSTEM):
                act(manager, values)
            (change,) = changes_since(last)
            assert (change.record_type, change.action) == (kind_of(holder), Action.CREATED)
            assert change.diff[field.name] == [None, target.pk]
    assert_ledger_tells_all()


SETS = [
    (model, field, side)
    for model in TRACKED
    for field in model._meta.many_to_many
    for side in ("forward", "reverse")
    if side == "forward" or not field.remote_field.hidden
]
SET_WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda manager, item: manager.add(item),
    "add by key": lambda manager, item: manager.add(item.pk),
    "aadd": lambda manager, item: async_to_sync(manager.aadd)(item),
    "set": lambda manager, item: manager.set([item]),
    "aset": lambda manager, item: async_to_sync(manager.aset)([item]),
    "set(clear=True)": lambda manager, item: manager.set([item], clear=True),
}
UNSET_WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "remove": lambda manager, item: manager.remove(item),
    "aremove": lambda manager, item: async_to_sync(manager.aremove)(item),
    "clear": lambda manager, item: manager.clear(),
    "aclear": lambda manager, item: async_to_sync(manager.aclear)(),
    "set([])": lambda manager, item: manager.set([]),
    "delete of the rows": lambda manager, item: manager.through._base_manager.all().delete(),
    "delete of a row": lambda manager, item: manager.through._base_manager.get().delete(),
}


@pytest.mark.parametrize(
    ("model", "field", "side"), SETS, ids=[f"{f} from {side}" for _, f, side in SETS]
)
def test_a_set_is_guarded_from_both_sides(
    model: Any, field: Any, side: str, subtests: Subtests
) -> None:
    through = field.remote_field.through
    holder, member = make(model), make(field.related_model)
    manager, item = _seen_from(side, field, holder, member)
    for way, act in {**SET_WAYS, **UNSET_WAYS}.items():
        adding = way in SET_WAYS
        with subtests.test(way):
            with because(Kind.SYSTEM):
                manager.set([] if adding else [item])
            version = model._base_manager.get(pk=holder.pk).version
            before, last = rows_of(through), last_id()
            with pytest.raises(OutsideCause), transaction.atomic():
                act(manager, item)
            assert rows_of(through) == before
            with because(Kind.SYSTEM):
                act(manager, item)
            (change,) = changes_since(last)
            if through in LINKS:
                assert change.diff == {field.name: {"add" if adding else "remove": [member.pk]}}
                assert (change.record_type, change.record_id) == (kind_of(model), holder.pk)
                assert model._base_manager.get(pk=holder.pk).version == version + 1
            else:
                assert change.record_type == kind_of(through)
                assert change.action == (Action.CREATED if adding else Action.DELETED)
    for way, act in MAKING_WAYS.items():
        with subtests.test(way):
            values = values_for(type(item))
            before, last = rows_of(type(item)), last_id()
            with pytest.raises(OutsideCause), transaction.atomic():
                act(manager, values)
            assert rows_of(type(item)) == before
            with because(Kind.SYSTEM):
                act(manager, values)
            assert len(changes_since(last)) == 2
    assert_ledger_tells_all()


def _seen_from(side: str, field: Any, holder: Any, member: Any) -> tuple[Any, Any]:
    """The manager of a set on one side, and what it takes."""
    if side == "forward":
        return getattr(holder, field.name), member
    return getattr(member, field.remote_field.get_accessor_name()), holder


@pytest.mark.parametrize("link", LINKS, ids=label)
def test_rows_of_a_set_are_added_and_removed_never_changed(link: Any) -> None:
    parent, child = link.ledger_parent, link.ledger_child
    child_model = link._meta.get_field(child).related_model
    holder, member, other = make(link.link_parent()), make(child_model), make(child_model)
    with because(Kind.SYSTEM):
        row = link.objects.create(**{parent: holder, child: member})
        before, last = everything(), last_id()
        # The same member once more is no change.
        link.objects.bulk_create([link(**{parent: holder, child: member})], ignore_conflicts=True)
        setattr(row, child, other)
        rows = link.objects.filter(pk=row.pk)
        for way in (
            row.save,
            lambda: rows.update(**{child: other}),
            lambda: rows.bulk_update([row], [child]),
            lambda: rows._raw_delete("default"),
            lambda: rows.update_or_create(pk=row.pk, defaults={child: other}),
        ):
            with pytest.raises(Unguarded), transaction.atomic():
                way()
    assert everything() == before
    assert changes_since(last) == []
