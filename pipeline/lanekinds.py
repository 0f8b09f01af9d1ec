"""What a board can be cut into lanes by: owner, source, priority, and custom fields whose values
are few: a choice, yes or no, a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.conditions.customcolumns import JsonDecimal, JsonText, JsonYesNo
from crm.models import CustomField, Source, User

#: How a lane of leads without a value is named in addresses.
NONE = "none"
#: What stands before a value that is no number, so that no choice is taken for NONE.
VALUE = "is-"


@dataclass(frozen=True, slots=True)
class LaneKind:
    """A way of cutting lanes. `column` is what leads are grouped by, `writes` the field that a lead
    takes over from the lane in which it is dropped."""

    name: str
    label: str
    nothing: str
    column: Any
    writes: str
    #: The lanes that are known beforehand, in their order.
    known: tuple[tuple[Any, str], ...] = ()
    #: Whether each of these is shown, also when nothing stands in it.
    shows_all: bool = False
    #: Whose names the others have.
    model: Any = None

    def key(self, found: Any) -> Any:
        """The key of a lane as the database told it."""
        if found is None or isinstance(found, str | bool):
            return found
        return int(found)

    def text(self, key: Any) -> str:
        """The key of a lane in an address."""
        if key is None:
            return NONE
        return f"{VALUE}{key}" if isinstance(key, str) else str(key).lower()

    def read(self, text: str) -> Any:
        """The key in an address; None for leads without a value, and for nonsense."""
        if text.startswith(VALUE):
            return text.removeprefix(VALUE)
        if text in ("true", "false"):
            return text == "true"
        return int(text) if text.isdecimal() and len(text) < 19 else None

    def fields(self, text: str) -> dict[str, Any]:
        """What a lead takes over in a lane; nothing when there is no such lane."""
        if self.read(text) is None and text != NONE:
            return {}
        key, custom = self.read(text), self.writes.removeprefix("custom.")
        return {self.writes: key} if custom == self.writes else {"custom": {custom: key}}

    def names(self, keys: Sequence[Any]) -> dict[Any, str]:
        """The names of lanes, in their order; that of leads without a value comes last."""
        known = dict(self.known)
        others = [key for key in keys if key not in known and key is not None]
        named = {key: str(key) for key in others}
        if self.model is not None:
            named |= {row.pk: str(row) for row in self.model.objects.filter(pk__in=others)}
        last = sorted(others, key=lambda key: (named[key].casefold(), str(key)))
        first = [key for key in known if self.shows_all or key in keys]
        ordered = {key: known[key] for key in first} | {key: named[key] for key in last}
        if None in keys or self.shows_all:
            ordered[None] = self.nothing
        return ordered


def _stars() -> tuple[tuple[int, str], ...]:
    return tuple(
        (n, ngettext("%(count)d star", "%(count)d stars", n) % {"count": n})
        for n in range(3, -1, -1)
    )


def own_kinds() -> list[LaneKind]:
    """What lanes can be made of wherever there are leads."""
    return [
        LaneKind("owner", _("Owner"), _("Nobody"), F("owner"), "owner", model=User),
        LaneKind("source", _("Source"), _("No source"), F("source"), "source", model=Source),
        LaneKind(
            "stars", _("Priority"), _("No priority"), F("stars"), "stars_manual", known=_stars()
        ),
    ]


def lane_kinds(fields: Sequence[CustomField]) -> dict[str, LaneKind]:
    """What lanes can be made of, by the name that addresses give it; `fields` are the custom
    fields of leads."""
    found = [*own_kinds(), *(kind for field in fields if (kind := _of(field)) is not None)]
    return {kind.name: kind for kind in found}


def _of(field: CustomField) -> LaneKind | None:
    name, nothing = f"custom.{field.key}", _("Not set")
    column: Any
    known: tuple[tuple[Any, str], ...]
    match field.type:
        case CustomField.Type.CHOICE:
            column = JsonText("custom", field.key).value()
            known = tuple((str(one["id"]), str(one["label"])) for one in field.options or [])
            return LaneKind(name, field.label, nothing, column, name, known, shows_all=True)
        case CustomField.Type.YES_NO:
            column = JsonYesNo("custom", field.key).value()
            known = ((True, _("Yes")), (False, _("No")))
            return LaneKind(name, field.label, nothing, column, name, known, shows_all=True)
        case CustomField.Type.USER:
            column = JsonDecimal("custom", field.key).value()
            return LaneKind(name, field.label, nothing, column, name, model=User)
    return None
