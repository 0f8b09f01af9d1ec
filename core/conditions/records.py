"""The types of declared fields that name other records: users, teams, stages, sets of tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, override

from django.apps import apps
from django.utils.translation import gettext as _

from core.conditions import operators as op
from core.conditions.closed import IsEmpty, Test
from core.conditions.errors import ConditionError
from core.conditions.fields import registry
from core.conditions.types import Context, Token, Type, having

#: Ids that a JSON number holds exactly on both databases.
MAX_ID = 2**53


class Record(Type):
    """A record that this one points to, told by id."""

    name = "record"
    operators: ClassVar[tuple[str, ...]] = (*op.CHOOSING, *op.EMPTINESS)
    tokens: ClassVar[tuple[str, ...]] = ()

    def __init__(self, model: str) -> None:
        self.model = model

    @override
    def one(self, raw: Any, path: str) -> int | Token:
        if isinstance(raw, str) and raw in self.tokens:
            return Token(raw)
        if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw <= MAX_ID:
            allowed = "".join(f", “{token}”" for token in self.tokens)
            raise ConditionError(
                _("“%(value)s” is no id of a record%(tokens)s.")
                % {"value": str(raw)[:60], "tokens": allowed},
                path,
            )
        return raw

    @override
    def values(self, items: Sequence[int | Token], context: Context) -> tuple[int, ...]:
        ids: list[int] = []
        for item in items:
            ids.extend(self.meant(item.name, context) if isinstance(item, Token) else (item,))
        return tuple(dict.fromkeys(ids))

    def meant(self, token: str, context: Context) -> Iterable[int]:
        """The ids that a token stands for."""
        raise NotImplementedError(token)

    def rows(self, user: Any = None) -> Any:
        """The records that may be named to a person; to nobody in particular, all."""
        rows = apps.get_model(self.model)._default_manager.all()
        return rows.visible_to(user) if user is not None and hasattr(rows, "visible_to") else rows

    def names(self, ids: Iterable[int], user: Any = None) -> Mapping[int, str]:
        """The names of records."""
        return {row.pk: str(row) for row in self.rows(user).filter(pk__in=list(ids))}


class Team(Record):
    """A sales team; "my_teams" are those of the person."""

    name = "team"
    tokens = ("my_teams",)

    @override
    def meant(self, token: str, context: Context) -> Iterable[int]:
        teams_of = registry().teams_of
        if context.user is None or teams_of is None:
            raise ConditionError(_("“my_teams” means nothing without a person."))
        return teams_of(context.user)


class User(Record):
    """A colleague; "me" is the person, "my_teams" are all in the person's teams."""

    name = "user"
    tokens = ("me", "my_teams")

    @override
    def meant(self, token: str, context: Context) -> Iterable[int]:
        mates_of = registry().mates_of
        if context.user is None or mates_of is None:
            raise ConditionError(
                _("“%(token)s” means nothing without a person.") % {"token": token}
            )
        return (context.user.pk,) if token == "me" else mates_of(context.user)  # noqa: S105


class Records(Record):
    """A set of records, such as tags."""

    name = "records"
    operators: ClassVar[tuple[str, ...]] = (*op.HAVING, *op.EMPTINESS)

    @override
    def close(self, operator: str, value: Any, context: Context) -> Test:
        if operator == op.EMPTY:
            return IsEmpty()
        return having(operator, self.values(value, context))


class Users(Records, User):
    """A set of colleagues."""

    name = "users"
    operators: ClassVar[tuple[str, ...]] = Records.operators
