"""Tags on contacts and companies: put on, taken off, replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Refused
from crm.models import Tag
from crm.models.tagging import TAG_LINKS
from crm.services.rights import locked_for_change

if TYPE_CHECKING:
    from crm.models import User


def set_tags(
    *,
    model: type[Any],
    ids: Sequence[int],
    by: User | None,
    add: Sequence[int] = (),
    remove: Sequence[int] = (),
) -> list[Any]:
    """Put tags on records of `model` and take others off."""
    with transaction.atomic():
        records = locked_for_change(model, ids, by)
        put_tags(model, {record.pk: add for record in records})
        if remove:
            rows = TAG_LINKS[model].objects.filter(tag__in=list(remove))
            rows.filter(**{f"{model._meta.model_name}__in": [r.pk for r in records]}).delete()
    return records


def put_tags(model: type[Any], tags: Mapping[int, Sequence[int]]) -> None:
    """Put tags on locked records of `model`, by their ids; those that are on them stay."""
    check_tags([tag for some in tags.values() for tag in some])
    link, name = TAG_LINKS[model], f"{model._meta.model_name}_id"
    rows = [link(**{name: pk}, tag_id=tag) for pk, some in tags.items() for tag in some]
    if rows:
        link.objects.bulk_create(rows)


def replace_tags(records: Sequence[Any], tags: Sequence[int]) -> None:
    """Have exactly these tags on locked records of one kind."""
    if not records:
        return
    model = type(records[0])
    check_tags(tags)
    rows = TAG_LINKS[model].objects.filter(
        **{f"{model._meta.model_name}__in": [record.pk for record in records]}
    )
    rows.exclude(tag__in=list(tags)).delete()
    put_tags(model, {record.pk: tags for record in records})


def check_tags(tags: Sequence[int]) -> None:
    """Refuse a tag that is not there."""
    wanted = set(tags)
    if wanted and Tag.objects.filter(pk__in=wanted).count() < len(wanted):
        message = _("There is no such record.")
        raise Refused(message, {"tags": [message]})
