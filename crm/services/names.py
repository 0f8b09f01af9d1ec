"""Finding by name or making: tags, products, sources. Safe when two do it at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from core.errors import Conflict
from crm.services.rights import require_active
from crm.services.values import refusal

if TYPE_CHECKING:
    from core.ledger.tracked import Tracked
    from crm.models import User

Record = TypeVar("Record", bound="Tracked")

#: How often a name is looked up again after somebody else made it first.
ATTEMPTS = 3


def find_or_make[Record: "Tracked"](
    model: type[Record], names: Sequence[str], by: User | None, **defaults: Any
) -> list[Record]:
    """The records of `names`, in their order, found by the folded name or inserted with it.

    One read, one bulk insert. Empty names are left out; one that is too long raises Refused.
    """
    require_active(by)
    drafts = [_draft(model, name, defaults) for name in names if name and name.strip()]
    # Of several spellings the first is kept.
    wanted = {_key(draft): draft for draft in reversed(drafts) if _key(draft)}
    for _attempt in range(ATTEMPTS):
        found = {
            _key(record): record
            for record in model._base_manager.filter(name_key__in=wanted).order_by("pk")
        }
        # In the order of their keys, so that two who insert the same names do not deadlock.
        missing = [wanted[key] for key in sorted(wanted) if key not in found]
        if not missing:
            return [found[_key(draft)] for draft in drafts if _key(draft) in found]
        try:
            with transaction.atomic():
                model._default_manager.bulk_create(  # type: ignore[attr-defined]
                    [_draft(model, draft.name, defaults) for draft in missing]  # type: ignore[attr-defined]
                )
        except IntegrityError:
            continue
    raise Conflict(_("Somebody else is making the same names at this moment. Try again."))


def _draft[Record: "Tracked"](model: type[Record], name: str, defaults: dict[str, Any]) -> Record:
    field: models.Field[Any, Any] = model._meta.get_field("name")  # type: ignore[assignment]
    name = " ".join(name.split())
    limit = field.max_length
    if limit is not None and len(name) > limit:
        words = _("“%(name)s…” has more than %(limit)s characters.") % {
            "name": name[:40],
            "limit": limit,
        }
        raise refusal({"name": [words]})
    if "\x00" in name:
        raise refusal({"name": [_("The text holds a character that cannot be stored.")]})
    record = model(name=name, **defaults)
    record.set_keys()  # type: ignore[attr-defined]
    return record


def _key(record: Any) -> str:
    key: str = record.name_key
    return key
