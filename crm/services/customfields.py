"""Custom fields: what goes with one that is deleted, or with a choice that is taken out."""

from __future__ import annotations

from collections.abc import Collection
from itertools import batched
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models, transaction
from django.utils.translation import gettext as _

from core.conditions.customcolumns import JsonOptions
from core.errors import Refused
from core.ledger.writing import lock, save_locked
from core.numbers import LARGEST
from core.services.configuration import delete_record
from crm.models import CustomField
from crm.services.rights import require_manager

if TYPE_CHECKING:
    from crm.models import User

#: Values are taken off so many records at most.
MOST = 10_000
BATCH = 1_000


def records_with(field: CustomField, options: Collection[str] | None = None) -> Any:
    """The records that have a value of a field; with `options`, one of these choices."""
    model: Any = apps.get_model(field.subject)
    if options is None:
        return model._base_manager.filter(custom__has_key=field.key)
    if field.type == CustomField.Type.CHOICES:
        found: models.Q = JsonOptions("custom", field.key).has_any(options)
        return model._base_manager.filter(found)
    return model._base_manager.filter(**{f"custom__{field.key}__in": list(options)})


@transaction.atomic
def take_off(*, field: CustomField, by: User | None, options: Collection[str] | None = None) -> int:
    """Take the value of a field, or some of its choices, off all records that have it; returns
    how many. More than MOST are Refused."""
    require_manager(by)
    keys = list(
        records_with(field, options).order_by("pk").values_list("pk", flat=True)[: MOST + 1]
    )
    if len(keys) > MOST:
        raise Refused(
            _("More than %(count)s records have such a value. Put the field out of use instead.")
            % {"count": MOST}
        )
    model: Any = apps.get_model(field.subject)
    for part in batched(keys, BATCH):
        records = lock(model._base_manager.filter(pk__in=part))
        for record in records:
            custom = dict(record.custom)
            value = custom.pop(field.key, None)
            if options is not None and isinstance(value, list):
                rest = [item for item in value if item not in options]
                if rest:
                    custom[field.key] = rest
            record.custom = custom
        save_locked(records)
    return len(keys)


@transaction.atomic
def delete_custom_field(
    *, field: int, by: User | None, expected_version: int | None = None
) -> None:
    """Delete a custom field and the values that records have of it."""
    require_manager(by)
    found = CustomField.objects.filter(pk=min(field, LARGEST)).first()
    if found is not None:
        take_off(field=found, by=by)
    delete_record(model=CustomField, record=field, by=by, expected_version=expected_version)
