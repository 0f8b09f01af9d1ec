"""Custom fields as a manager sets them up: with the stages that ask for them, in one step."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import NotFound
from core.optionrows import free_key
from core.services.configuration import create_record, update_record
from crm.models import CustomField
from crm.services.customfields import delete_custom_field, take_off
from crm.services.rights import require_manager
from pipeline.models import Stage

if TYPE_CHECKING:
    from crm.models import User

CHOICES = (CustomField.Type.CHOICE, CustomField.Type.CHOICES)


@transaction.atomic
def save_custom_field(
    *,
    field: int | None,
    values: Mapping[str, Any],
    stages: Collection[int],
    by: User | None,
    takes_off: bool = False,
    expected_version: int | None = None,
) -> CustomField:
    """Make or change a custom field, and have exactly `stages` ask for it.

    Without a field it gets a key of its label. One that is out of use is asked for by none.
    `takes_off` takes choices that are removed off the records that have them.
    """
    require_manager(by)
    values = dict(values)
    if field is None:
        taken = CustomField.objects.filter(subject=values["subject"]).values_list("key", flat=True)
        values["key"] = free_key(values["label"], set(taken), "field")
        found = create_record(model=CustomField, values=values, by=by)
    else:
        before = CustomField.objects.filter(pk=field).first()
        if before is None:
            raise NotFound(_("There is no such record."))
        if not values.get("is_active", before.is_active):
            stages = ()
        _ask(before, stages, by, only_less=True)
        if takes_off and "options" in values:
            kept = {option["id"] for option in values["options"]}
            gone = [one["id"] for one in before.options if one["id"] not in kept]
            if gone:
                take_off(field=before, options=gone, by=by)
        found = update_record(
            model=CustomField,
            record=field,
            values=values,
            by=by,
            expected_version=expected_version,
        )
    _ask(found, stages if found.is_active else (), by)
    return found


@transaction.atomic
def remove_custom_field(*, field: CustomField, by: User | None) -> None:
    """Delete a custom field: no stage asks for it, no record has a value of it any more."""
    _ask(field, (), by)
    delete_custom_field(field=field.pk, by=by)


def _ask(
    field: CustomField, stages: Collection[int], by: User | None, *, only_less: bool = False
) -> None:
    """Have exactly `stages` ask for a field of leads; `only_less` adds it to none."""
    if field.subject != CustomField.Subject.LEAD:
        return
    name = f"custom.{field.key}"
    for stage in Stage.objects.order_by("pk"):
        names = [each for each in stage.required_fields if each != name]
        if stage.pk in stages and (name in stage.required_fields or not only_less):
            names.append(name)
        if set(names) != set(stage.required_fields):
            update_record(model=Stage, record=stage.pk, values={"required_fields": names}, by=by)
