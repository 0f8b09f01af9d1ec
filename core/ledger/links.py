"""Sets of records on a record (tags, collaborators): through models that the ledger guards.

A link is not a record of its own: adding and removing is a change of the record that holds the
set, `{"tags": {"add": […], "remove": […]}}`. Django's `add`, `remove`, `set` and `clear`, from both
sides, end in `bulk_create` and `delete` of the through model, so they are all seen here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.db import models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, Unguarded
from core.ledger.causes import required_cause
from core.ledger.store import Entry
from core.ledger.tables import Action

Model = TypeVar("Model", bound=models.Model)


def count_versions(model: Any, keys: Sequence[int], using: str) -> None:
    """Count a change of the sets of these records in their versions, under their row locks."""
    if keys:
        model._base_manager.using(using).filter(pk__in=keys)._update(
            [
                (model._meta.get_field("version"), None, models.F("version") + 1),
                (model._meta.get_field("updated_at"), None, timezone.now()),
            ]
        )


class LinkQuerySet(models.QuerySet[Model]):
    """A queryset of links: what it adds and removes is logged on the records that hold the set."""

    def bulk_create(  # type: ignore[override]
        self, objs: Iterable[Model], batch_size: int | None = None, **options: Any
    ) -> list[Model]:
        """Add the links that do not exist yet, and log those."""
        required_cause()
        links = list(objs)
        if not links:
            return []
        model: Any = self.model
        parent, child = model.link_attnames()
        with transaction.atomic(using=self.db):
            held = sorted({getattr(link, parent) for link in links})
            if len(_lock_parents(model, held, self.db)) < len(held):
                raise Conflict(_("This record was deleted meanwhile."))
            known = set(
                model._base_manager.using(self.db)
                .filter(**{f"{parent}__in": held})
                .values_list(parent, child)
            )
            fresh: dict[tuple[int, int], Model] = {}
            for link in links:
                key = (getattr(link, parent), getattr(link, child))
                if key not in known:
                    fresh.setdefault(key, link)
            super().bulk_create(list(fresh.values()), batch_size=batch_size or 1000)
            _write(model, [vars(link) for link in fresh.values()], "add", self.db)
        return list(fresh.values())

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def delete(self) -> tuple[int, dict[str, int]]:
        """Remove the links, and log them."""
        required_cause()
        model: Any = self.model
        parent, _member = model.link_attnames()
        with transaction.atomic(using=self.db):
            _lock_parents(model, sorted(set(self.values_list(parent, flat=True))), self.db)
            rows = list(self.order_by("pk").values())
            if not rows:
                return 0, {}
            keys = [row["id"] for row in rows]
            models.QuerySet._raw_delete(model._base_manager.filter(pk__in=keys), self.db)
            _write(model, rows, "remove", self.db)
        return len(rows), {model._meta.label: len(rows)}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def update(self, **values: Any) -> int:
        """Links are added and removed, never changed."""
        raise Unguarded("A link is added or removed, not changed.")

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        """Links are added and removed, never changed."""
        raise Unguarded("A link is added or removed, not changed.")

    def _raw_delete(self, using: str | None) -> int:
        raise Unguarded(f"Rows of {self.model._meta.label} cannot be deleted past the ledger.")


def _lock_parents(model: Any, keys: Sequence[int], using: str) -> list[Any]:
    from core.ledger.writing import lock

    holders = model.link_parent()._base_manager.using(using)
    return lock(holders.filter(pk__in=keys).only("pk", "version"))


def _write(model: Any, rows: Sequence[Mapping[str, Any]], word: str, using: str) -> None:
    from core.ledger.writing import record

    entries = model.link_entries(rows, word)
    count_versions(model.link_parent(), [entry.record_id for entry in entries], using)
    record(entries, using)


class Link(models.Model):
    """A row of a set. `ledger_parent` names the key to the record that holds the set,
    `ledger_child` the key to its member, and `ledger_field` the set's name in diffs."""

    ledger_parent: ClassVar[str]
    ledger_child: ClassVar[str]
    ledger_field: ClassVar[str]

    objects = models.Manager.from_queryset(LinkQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

    @classmethod
    def link_parent(cls) -> type[models.Model]:
        """The model that holds the set."""
        return cls._meta.get_field(cls.ledger_parent).related_model  # type: ignore[return-value]

    @classmethod
    def link_attnames(cls) -> tuple[str, str]:
        """The columns of holder and member."""
        return f"{cls.ledger_parent}_id", f"{cls.ledger_child}_id"

    @classmethod
    def link_entries(cls, rows: Iterable[Mapping[str, Any]], word: str) -> list[Entry]:
        """One change a holder for links that were added or removed (`word`)."""
        parent, child = cls.link_attnames()
        members: dict[int, list[int]] = {}
        for row in rows:
            members.setdefault(row[parent], []).append(row[child])
        return [
            Entry(
                cls.link_parent(),
                holder,
                Action.UPDATED,
                {cls.ledger_field: {word: sorted(group)}},
            )
            for holder, group in sorted(members.items())
        ]

    def save(self, **options: Any) -> None:  # type: ignore[override]
        """Add this link."""
        if not self._state.adding:
            raise Unguarded("A link is added or removed, not changed.")
        type(self)._base_manager.using(router.db_for_write(type(self))).bulk_create([self])

    def delete(  # type: ignore[override]
        self, using: str | None = None, keep_parents: bool = False
    ) -> tuple[int, dict[str, int]]:
        """Remove this link."""
        database = using or router.db_for_write(type(self), instance=self)
        return type(self)._base_manager.using(database).filter(pk=self.pk).delete()


__all__ = ["Collection", "Link", "LinkQuerySet", "count_versions"]
