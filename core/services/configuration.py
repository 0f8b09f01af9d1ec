"""Records of configuration (stages, reasons, tags, sources …): one service for every kind.

Only managers write them. What must hold of a kind beyond its fields is registered by its app and
checked by every door; a record that is in use is not deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.folding import fold
from core.ledger import derivations
from core.ledger.schema import is_tracked
from core.ledger.writing import lock
from core.permissions import Person

Check = Callable[[Any], None]

_saving: dict[str, list[Check]] = {}
_deleting: dict[str, list[Check]] = {}


def register_checks(
    record_type: str, *, saving: Check | None = None, deleting: Check | None = None
) -> None:
    """Have `saving(record)` called before a record is written, `deleting(record)` before it goes.

    A check raises Refused. Registering twice replaces nothing and adds nothing.
    """
    for registry, check in ((_saving, saving), (_deleting, deleting)):
        checks = registry.setdefault(record_type, [])
        if check is not None and check not in checks:
            checks.append(check)


def check_saving(record: models.Model) -> None:
    """Refuse a record that must not be written as it is: its name is taken, a check says so."""
    _refuse_taken_name(record)
    for check in _saving.get(record._meta.label_lower, ()):
        check(record)


def check_deleting(record: models.Model) -> None:
    """Refuse to delete a record that is in use, or that a check holds back."""
    for check in _deleting.get(record._meta.label_lower, ()):
        check(record)
    holding, _going = uses_of([record])
    if holding:
        raise Refused(
            _("“%(name)s” is in use: %(uses)s. Deactivate it instead.")
            % {"name": record, "uses": ", ".join(holding)}
        )


@transaction.atomic
def create_record[Record: models.Model](
    *, model: type[Record], values: Mapping[str, Any], by: Person | None
) -> Record:
    """Insert a record of configuration; sets of records are given as lists of ids."""
    _require_manager(by)
    return _write(model(), values)


@transaction.atomic
def update_record[Record: models.Model](
    *,
    model: type[Record],
    record: int,
    values: Mapping[str, Any],
    by: Person | None,
    expected_version: int | None = None,
) -> Record:
    """Set values of a record of configuration."""
    _require_manager(by)
    found = _locked(model, record)
    if expected_version is not None and found.version != expected_version:  # type: ignore[attr-defined]
        raise Conflict(_("Somebody else changed this record meanwhile."))
    return _write(found, values)


@transaction.atomic
def delete_record(
    *,
    model: type[models.Model],
    record: int,
    by: Person | None,
    expected_version: int | None = None,
) -> None:
    """Delete a record of configuration; one in use is Refused."""
    _require_manager(by)
    found: Any = _locked(model, record)
    if expected_version is not None and found.version != expected_version:
        raise Conflict(_("Somebody else changed this record meanwhile."))
    check_deleting(found)
    try:
        found.delete()
    except (ProtectedError, RestrictedError):
        raise Conflict(_("Somebody else has just begun to use this.")) from None


@transaction.atomic
def order_records(
    *, model: type[models.Model], records: Sequence[int], by: Person | None
) -> list[Any]:
    """Give records that have a `sequence` the order of `records`: the places that these had are
    dealt out anew, so that others keep theirs. Those whose place changed are returned."""
    _require_manager(by)
    wanted = list(dict.fromkeys(records))
    rows: list[Any] = lock(model._base_manager.filter(pk__in=wanted))  # type: ignore[type-var]
    found = {record.pk: record for record in rows}
    if len(found) < len(wanted):
        raise NotFound(_("There is no such record."))
    places = sorted(record.sequence for record in found.values())
    for before, place in enumerate(places[1:]):
        places[before + 1] = max(place, places[before] + 1)
    moved = []
    for key, place in zip(wanted, places, strict=True):
        if found[key].sequence != place:
            found[key].sequence = place
            found[key].save()
            moved.append(found[key])
    return moved


def uses_of(records: Sequence[models.Model]) -> tuple[list[str], dict[str, int]]:
    """What deleting `records` is held back by, and what would go with them, counted.

    One count for each kind of record that names them; rows that are derived do not count.
    """
    holding: list[str] = []
    going: dict[str, int] = {}
    if not records:
        return holding, going
    for relation in records[0]._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ForeignObjectRel) or relation.many_to_many:
            continue
        related: Any = relation.related_model
        on_delete = relation.on_delete
        if derivations.is_derived(related) or on_delete in (models.SET_NULL, models.DO_NOTHING):
            continue
        count = related._base_manager.filter(**{f"{relation.field.name}__in": records}).count()
        if count and on_delete is models.CASCADE:
            name = str(related._meta.verbose_name_plural)
            going[name] = going.get(name, 0) + count
        elif count:
            name = str(
                related._meta.verbose_name if count == 1 else related._meta.verbose_name_plural
            )
            holding.append(f"{count} {name}")
    return holding, going


def _require_manager(by: Person | None) -> None:
    if by is not None and not (by.is_manager and getattr(by, "is_active", True)):
        raise NotAllowed(_("Only managers may change this."))


def _locked[Record: models.Model](model: type[Record], record: int) -> Record:
    found: list[Record] = lock(model._base_manager.filter(pk=record))  # type: ignore[type-var]
    if not found:
        raise NotFound(_("There is no such record."))
    return found[0]


def _write[Record: models.Model](record: Record, values: Mapping[str, Any]) -> Record:
    """Put `values` on the record, check and save it; then its sets."""
    assert is_tracked(type(record)), "Configuration is tracked."  # noqa: S101
    sets: dict[str, list[int]] = {}
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        try:
            field: Any = record._meta.get_field(name)
        except FieldDoesNotExist:
            errors[name] = [_("This field cannot be set.")]
            continue
        if field.many_to_many:
            sets[name] = [int(getattr(item, "pk", item)) for item in value]
        elif not field.editable or field.auto_created:
            errors[name] = [_("This field cannot be set.")]
        elif field.is_relation:
            setattr(record, field.attname, getattr(value, "pk", value))
        else:
            setattr(record, name, value.strip() if isinstance(value, str) else value)
    if not errors:
        try:
            record.full_clean(exclude=_derived_names(record))
        except ValidationError as error:
            errors = {name: list(texts) for name, texts in error.message_dict.items()}
    if errors:
        raise Refused(" ".join(text for texts in errors.values() for text in texts), errors)
    check_saving(record)
    try:
        with transaction.atomic():
            record.save()
            for name, keys in sets.items():
                _put_set(record, name, keys)
    except IntegrityError:
        raise Conflict(_("Somebody else has just made a record like this.")) from None
    return record


def _put_set(record: models.Model, name: str, keys: list[int]) -> None:
    manager = getattr(record, name)
    known = set(manager.model._default_manager.filter(pk__in=keys).values_list("pk", flat=True))
    if known != set(keys):
        message = _("There is no such record.")
        raise Refused(message, {name: [message]})
    manager.set(keys)


def _derived_names(record: models.Model) -> set[str]:
    """The machine columns of a record: they are made at writing, not given."""
    return set(getattr(record, "ledger_machine", {}))


def _refuse_taken_name(record: Any) -> None:
    """Two names that differ in case and spaces alone are one name to whoever reads them."""
    name, scope = getattr(record, "name", None), _scope_of_names(type(record))
    if not isinstance(name, str) or scope is None:
        return
    others = type(record)._base_manager.exclude(pk=record.pk)
    others = others.filter(**{attname: getattr(record, attname) for attname in scope})
    if hasattr(record, "name_key"):
        record.set_keys()
        taken = others.filter(name_key=record.name_key).exists()
    else:
        taken = fold(name) in {fold(other) for other in others.values_list("name", flat=True)}
    if taken:
        message = _("%(kind)s “%(name)s” exists already.") % {
            "kind": capfirst(str(record._meta.verbose_name)),
            "name": name,
        }
        raise Refused(message, {"name": [message]})


def _scope_of_names(model: type[models.Model]) -> tuple[str, ...] | None:
    """Within which columns the database keeps names of this kind apart; None when it does not."""
    for key in ("name_key", "name"):
        try:
            field: Any = model._meta.get_field(key)
        except FieldDoesNotExist:
            continue
        if field.unique:
            return ()
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and key in constraint.fields:
                return tuple(name for name in constraint.fields if name != key)
    return None
