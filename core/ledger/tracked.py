"""The base of every record that the ledger follows, and the manager that guards it.

Whatever writes through the ORM (save, create, update, bulk_create, bulk_update, delete, cascades,
sets of related records) lands in the ledger or is refused; nothing slips past in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from django.db import models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import Unguarded
from core.ledger import deleting, memory, writing
from core.ledger.causes import required_cause

Model = TypeVar("Model", bound=models.Model)


class TrackedQuerySet(models.QuerySet[Model]):
    """A queryset whose bulk writes go through the ledger."""

    def update(self, **values: Any) -> int:
        """Set values on all records, each logged with its old value from the row under lock."""
        return writing.update_all(self, values)  # type: ignore[type-var]

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(  # type: ignore[override]
        self, objs: Iterable[Model], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """Save the named fields of many records."""
        return writing.update_given(self, objs, list(fields))  # type: ignore[type-var]

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(  # type: ignore[override]  # noqa: PLR0917 (Django's signature)
        self,
        objs: Iterable[Model],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Model]:
        """Insert many records and log each; conflicts cannot be ignored, since they hide rows."""
        if ignore_conflicts or update_conflicts:
            raise Unguarded("A tracked bulk_create cannot ignore or update conflicting rows.")
        required_cause()
        records = list(objs)
        for instance in records:
            memory.prepare_new(instance)  # type: ignore[arg-type]
        with transaction.atomic(using=self.db):
            super().bulk_create(records, batch_size=batch_size or writing.BATCH)
            writing.log_created(records, self.db)  # type: ignore[arg-type]
        return records

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete all records with what hangs on them, each row logged."""
        if self.query.is_sliced:
            raise TypeError("Cannot use 'limit' or 'offset' with delete().")
        return deleting.delete_records(list(self.order_by("pk")), self.db)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _raw_delete(self, using: str | None) -> int:
        raise Unguarded(f"Rows of {self.model._meta.label} cannot be deleted past the ledger.")


class Tracked(models.Model):
    """A record whose every change is in the ledger.

    `ledger_exclude` names secrets, `ledger_machine` maps columns that the machine keeps to the
    one module that writes them, `ledger_together` lists fields that are undone together or not
    at all, `ledger_unlisted` those whose later change is no news after an undo, and
    `ledger_custom` names the JSON column whose keys are logged one by one.
    """

    ledger_tracks: ClassVar[bool] = True
    ledger_exclude: ClassVar[frozenset[str]] = frozenset()
    ledger_machine: ClassVar[Mapping[str, str]] = {}
    ledger_together: ClassVar[Sequence[Sequence[str]]] = ()
    ledger_unlisted: ClassVar[Sequence[str]] = ()
    ledger_custom: ClassVar[str | None] = None

    version = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects: models.Manager[Any] = models.Manager.from_queryset(TrackedQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    @classmethod
    @cache
    def ledger_json_fields(cls) -> tuple[str, ...]:
        """The columns whose values can be changed in place."""
        return tuple(
            f.attname for f in cls._meta.concrete_fields if isinstance(f, models.JSONField)
        )

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any
    ) -> Self:
        """A record read from its row, remembering the row."""
        instance = super().from_db(db, field_names, values, **options)
        memory.remember(instance)
        return instance

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        """Read the record (or the given fields) anew; what was not read stays changed or not."""
        fields = args[1] if len(args) > 1 else options.get("fields")
        asked = None if fields is None else set(fields)
        super().refresh_from_db(*args, **options)
        if asked is None:
            memory.remember(self)
            return
        read = [f.attname for f in self._meta.concrete_fields if asked & {f.name, f.attname}]
        memory.remember_only(self, read)

    def save(  # type: ignore[override]
        self,
        *,
        force_insert: bool = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Insert the record, or write what this instance changed, and log it."""
        database = using or router.db_for_write(type(self), instance=self)
        if not self._state.adding and not force_insert:
            names = None if update_fields is None else frozenset(update_fields)
            for field in self._meta.concrete_fields:
                if isinstance(field, models.ForeignKey) and field.is_cached(self):
                    # Django's own check that what a key names is saved, and takes over its id.
                    self._prepare_related_fields_for_save("save", [field])  # type: ignore[attr-defined]
            writing.save_one(self, names, database)
            return
        required_cause()
        memory.prepare_new(self)
        with transaction.atomic(using=database):
            super().save(force_insert=True, using=database)
            writing.log_created([self], database)

    save.alters_data = True  # type: ignore[attr-defined]

    def _save_table(self, raw: bool = False, *args: Any, **options: Any) -> Any:
        """Django's last step before the row; fixtures come here past `save` (`raw`)."""
        if raw:
            raise Unguarded(f"A fixture cannot write {self._meta.label} past the ledger.")
        return super()._save_table(raw, *args, **options)  # type: ignore[misc]

    def delete(  # type: ignore[override]
        self, using: str | None = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Delete the record with what hangs on it, each row logged."""
        database = using or router.db_for_write(type(self), instance=self)
        return deleting.delete_records([self], database)

    delete.alters_data = True  # type: ignore[attr-defined]
