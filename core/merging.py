"""Making one record of several: which value wins, and what hangs on the others moves to the one.

What points at a record that goes is moved by what it is: rows of tracked records are pointed at the
one that stays, sets are united, derived rows are made anew. What may stand only once per record (a
person on a lead) stays as the head has it; what floors know of that they register. All of it are
changes of one cause, and the others are deleted under it: an undo brings everything back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from core.ledger import derivations
from core.ledger.codes import relations_to
from core.ledger.links import Link
from core.ledger.schema import is_tracked
from core.ledger.tables import Action, Cause, Change, Kind
from core.ledger.writing import lock, save_locked

#: So many records become one at a time: more than a person compares at a glance.
MOST = 5
#: How the rows of a relation are treated.
MOVED, UNITED, REMADE, GOES = "moved", "united", "remade", "goes"

#: Told of the rows that are about to move, and of the head's own, before anything is written.
Prepare = Callable[[Sequence[Any], Sequence[Any]], None]
#: Told of a row that goes because the head has its like, which may take over from it.
Settle = Callable[[Any, Any], None]
#: Does all that is to be done with the rows of the tails, in place of the usual.
Move = Callable[[Any, Sequence[Any]], None]


@dataclass(slots=True)
class _Moving:
    prepare: Prepare | None = None
    settle: Settle | None = None
    move: Move | None = None


_moving: dict[str, _Moving] = {}


def register_moving(
    relation: str,
    *,
    prepare: Prepare | None = None,
    settle: Settle | None = None,
    move: Move | None = None,
) -> None:
    """Say how the rows of a relation ("pipeline.leadcontact.lead") move from record to record."""
    _moving[relation] = _Moving(prepare, settle, move)


def _way_of(relation: Any) -> _Moving:
    return _moving.get(name_of(relation), _Moving())


def name_of(relation: Any) -> str:
    """The name of a relation: model and field that point at the record."""
    return f"{relation.related_model._meta.label_lower}.{relation.field.name}"


def strategy_of(relation: Any) -> str:
    """What merging does with the rows of a relation to a record."""
    rows = relation.related_model
    if issubclass(rows, Link):
        return UNITED
    if derivations.is_derived(rows):
        return REMADE
    return MOVED if is_tracked(rows) else GOES


def move_dependants(head: Any, tails: Sequence[Any]) -> None:
    """Move what hangs on the locked `tails` to `head`. Inside a transaction and a cause."""
    for relation in relations_to(type(head)):
        strategy = strategy_of(relation)
        if strategy == UNITED:
            _unite(relation, head, tails)
        elif (move := _way_of(relation).move) is not None:
            move(head, tails)
        elif strategy == MOVED:
            _move(relation, head, tails)


def coming_along(tails: Sequence[Any]) -> dict[str, int]:
    """What would move from `tails`, counted by what it is called; without what has its own way."""
    found: dict[str, int] = {}
    for relation in relations_to(type(tails[0])):
        if strategy_of(relation) == MOVED and _way_of(relation).move is None:
            rows = relation.related_model
            keys = [tail.pk for tail in tails]
            count = rows._base_manager.filter(**{f"{relation.field.name}__in": keys}).count()
            if count:
                found[str(rows._meta.verbose_name_plural)] = count
    return found


def _unite(relation: Any, head: Any, tails: Sequence[Any]) -> None:
    rows, name = relation.related_model, relation.field.attname
    parent, child = rows.link_attnames()
    other = child if name == parent else parent
    found = rows._base_manager.filter(**{f"{name}__in": [tail.pk for tail in tails]})
    members = dict.fromkeys(found.order_by("pk").values_list(other, flat=True))
    rows._base_manager.bulk_create(rows(**{name: head.pk, other: member}) for member in members)


def _move(relation: Any, head: Any, tails: Sequence[Any]) -> None:
    model, attname = relation.related_model, relation.field.attname
    gone = {tail.pk for tail in tails}
    rows = lock(model._base_manager.filter(**{f"{attname}__in": [head.pk, *gone]}))
    if isinstance(head, model):
        rows = [row for row in rows if row.pk not in gone]
    place = {tail.pk: number for number, tail in enumerate(tails)}
    staying = [row for row in rows if getattr(row, attname) == head.pk]
    moving = [row for row in rows if getattr(row, attname) in gone]
    moving.sort(key=lambda row: (place[getattr(row, attname)], row.pk))
    hooks = _way_of(relation)
    taken = {key: row for row in staying for key in _keys(row, attname)}
    kept = []
    for row in moving:
        like = next((taken[key] for key in _keys(row, attname) if key in taken), None)
        if like is None:
            kept.append(row)
            taken.update(dict.fromkeys(_keys(row, attname), row))
            continue
        row.delete()
        if hooks.settle is not None:
            hooks.settle(row, like)
    if hooks.prepare is not None:
        hooks.prepare(kept, staying)
    for row in kept:
        # A record does not point at itself.
        setattr(row, attname, None if isinstance(head, model) and row.pk == head.pk else head.pk)
    save_locked([*kept, *staying])


def _keys(row: Any, attname: str) -> list[tuple[Any, ...]]:
    """What of a row may stand only once beside the record that it points at."""
    found: list[tuple[Any, ...]] = []
    for constraint in row._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or constraint.condition is not None:
            continue
        names = [row._meta.get_field(name).attname for name in constraint.fields]
        if attname in names:
            others = (getattr(row, name) for name in names if name != attname)
            found.append((constraint.name, *others))
    return found


@dataclass(frozen=True, slots=True)
class Group:
    """Fields of which a record's values win together. `rule` says which: the first that has any
    ("first"), the head's also when empty ("head"), all joined ("join"), the highest ("highest"),
    the newest ("last")."""

    name: str
    label: Any
    fields: tuple[str, ...]
    rule: str = "first"
    #: Whether the values may be added up when somebody asks for it.
    summable: bool = False


@dataclass(slots=True)
class Choice:
    """A group with what each record has of it (`texts` by id, in the order of the records), the id
    of the record whose values win, or "all"; and the values that the head gets."""

    group: Group
    texts: dict[int, str]
    winner: int | str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether there is anything to choose."""
        return len({text for text in self.texts.values() if text}) > 1


ALL = "all"


def choose(
    records: Sequence[Any],
    groups: Sequence[Group],
    text: Callable[[Any, Group], str],
    choices: Mapping[str, str],
) -> list[Choice]:
    """What wins of each group, by its rule or as somebody chose (`{group name: id or "all"}`)."""
    found = []
    for group in groups:
        texts = {record.pk: text(record, group) for record in records}
        asked = choices.get(group.name, "")
        if asked == ALL and (group.summable or group.rule == "join"):
            winner: int | str = ALL
        elif asked in {str(pk) for pk in texts}:
            winner = int(asked)
        else:
            winner = _by_rule(records, group, texts)
        choice = Choice(group, texts, winner)
        choice.values = _values(records, choice)
        found.append(choice)
    return found


def _by_rule(records: Sequence[Any], group: Group, texts: Mapping[int, str]) -> int | str:
    head: int = records[0].pk
    filled = [record for record in records if texts[record.pk]]
    if group.rule == "head" or not filled:
        return head
    if group.rule == "join":
        return ALL
    if group.rule == "highest":
        best = max(filled, key=lambda record: getattr(record, group.fields[0]))
        return int(best.pk)
    return int(filled[0].pk)


def _values(records: Sequence[Any], choice: Choice) -> dict[str, Any]:
    """The values of the winner, by the attribute of the head that they are set on."""
    group = choice.group
    if choice.winner == ALL:
        name = group.fields[0]
        values = [getattr(record, name) for record in records]
        if group.rule == "join":
            parts = dict.fromkeys(value.strip() for value in values if value and value.strip())
            return {name: "\n\n".join(parts)}
        rest = {other: getattr(records[0], other) for other in group.fields[1:]}
        return {name: sum(value for value in values if value is not None), **rest}
    winner = next(record for record in records if record.pk == choice.winner)
    return {name: value_of(winner, name) for name in group.fields}


def value_of(record: Any, name: str) -> Any:
    """The value of a field by its attribute; `custom.<key>` is a custom field."""
    if name.startswith("custom."):
        return (record.custom or {}).get(name.removeprefix("custom."))
    return getattr(record, name)


def set_value(record: Any, name: str, value: Any) -> None:
    """Set a field by its attribute, a custom field by its key."""
    if not name.startswith("custom."):
        setattr(record, name, value)
        return
    custom = dict(record.custom or {})
    custom[name.removeprefix("custom.")] = value
    record.custom = {key: kept for key, kept in custom.items() if kept is not None}


def merged_into(model: type[models.Model], pk: int) -> int | None:
    """The id of the record that a merge made of one that is gone, however often it was merged on;
    None when it did not go by a merge, or was brought back."""
    record_type = model._meta.label_lower
    for _step in range(MOST):
        last = (
            Change.objects.filter(record_type=record_type, record_id=pk)
            .select_related("cause")
            .order_by("-id")
            .first()
        )
        if last is None or last.action != Action.DELETED or last.cause.kind != Kind.MERGE:
            return None
        name, _colon, key = last.cause.reference.partition(":")
        if name != record_type or not key.isdigit():
            return None
        pk = int(key)
        if model._default_manager.filter(pk=pk).exists():
            return pk
    return None


def reference_to(head: models.Model) -> str:
    """What the cause of a merge refers to: the record that stays."""
    return f"{head._meta.label_lower}:{head.pk}"


def cause_of_merge(head: models.Model, actor: Any) -> Cause | None:
    """The last cause under which a person merged others into `head`."""
    found = Cause.objects.filter(kind=Kind.MERGE, actor=actor, reference=reference_to(head))
    return found.order_by("-started_at").first()
