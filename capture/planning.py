"""What is to become of a row: which lead, where it stands, since when. Nothing is read or written.

A plan holds names where a lead holds other records; the services look them up or make them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from capture.history import Point, entered_stages, history_of
from capture.rows import Problem, ReadRow, RowReader
from capture.stages import KnownStage, StageBook, Status, status_of
from core.folding import fold


@dataclass(slots=True)
class Plan:
    """A lead as a row describes it."""

    number: int
    values: dict[str, Any]
    book: StageBook
    stage: KnownStage
    status: Status
    points: list[Point] = field(default_factory=list)
    #: Whether the row itself says where the lead stands.
    says_stage: bool = False

    @property
    def external_id(self) -> str:
        """The row's id in the other program; "" without one."""
        return str(self.values.get("external_id", ""))

    @property
    def contact_name(self) -> str:
        """The person's name in one piece."""
        values = self.values
        parts = (values.get("first_name", ""), values.get("last_name", ""))
        return values.get("contact_name") or " ".join(part for part in parts if part)

    @property
    def phone(self) -> str:
        """The number to call, the mobile when there is no other."""
        return self.values.get("phone") or self.values.get("mobile") or ""

    def title(self, product: str = "", company: str = "") -> str:
        """The lead's title: the file's, else product and company, else the person, else the id.

        `product` and `company` are the names as our records write them.
        """
        values = self.values
        product = product or values.get("product", "")
        company = company or values.get("company", "")
        if values.get("title"):
            return str(values["title"])
        if product and company:
            return f"{product} · {company}"[:200]
        if self.contact_name:
            return " · ".join(filter(None, (self.contact_name, company)))[:200]
        return str(
            self.external_id or company or product or values.get("email") or self.phone or ""
        )[:200]


@dataclass
class Planner:
    """Turns the rows of one table into plans.

    `books` are the pipelines by folded name, `default` the one that leads go to otherwise;
    `forced` says that a pipeline named in the file does not count. `make_stage` makes a stage of
    a name that no pipeline has, or is None where that is not asked for.
    """

    reader: RowReader
    books: Mapping[str, StageBook]
    default: StageBook
    zone: dt.tzinfo
    now: dt.datetime
    forced: bool = False
    make_stage: Callable[[StageBook, str], KnownStage] | None = None
    seen: dict[str, int] = field(default_factory=dict)

    def plan(self, row: ReadRow) -> Plan | None:
        """The plan of a row; None for one with problems (they are in the row) or without use."""
        if row.problems:
            return None
        values = row.values
        if values.get("is_deleted"):
            return None
        if not values:
            self._fail(row, "", _("The row has no value in a known column."))
            return None
        reference = values.get("external_id", "")
        if reference:
            first = self.seen.setdefault(reference, row.number)
            if first != row.number:
                self._fail(
                    row,
                    "external_id",
                    _("“%(id)s” stands in row %(row)s already.") % {"id": reference, "row": first},
                )
                return None
        currency = values.get("currency", "")
        if currency:
            values["currency"] = currency = currency.upper()
            if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
                self._fail(row, "currency", _("A currency is three letters, such as EUR."))
                return None
        book = self._book(values)
        standing = self._standing(row, book)
        if standing is None:
            return None
        stage, status = standing
        plan = Plan(row.number, values, book, stage, status)
        plan.says_stage = bool({"stage", "status", "is_won", "is_closed"} & values.keys())
        if not plan.title():
            self._fail(row, "title", _("The row has nothing that could be a title."))
            return None
        plan.points = history_of(values, stage, status, book, zone=self.zone, now=self.now)
        return plan

    def _fail(self, row: ReadRow, name: str, message: str) -> None:
        column = self.reader.heading_of(name) if name else ""
        row.problems.append(Problem(row.number, column, message))

    def _book(self, values: Mapping[str, Any]) -> StageBook:
        if self.forced or "pipeline" not in values:
            return self.default
        return self.books.get(fold(values["pipeline"]), self.default)

    def _standing(self, row: ReadRow, book: StageBook) -> tuple[KnownStage, Status] | None:
        """Where the lead stands and how: stage and status columns, and vendors' flags, as one."""
        values = row.values
        found = book.find(values["stage"]) if "stage" in values else None
        if found is None and "stage" in values:
            if self.make_stage is None:
                self._fail(
                    row,
                    "stage",
                    _("There is no stage “%(stage)s”. Make it, or have the import create stages.")
                    % {"stage": values["stage"]},
                )
                return None
            found = self.make_stage(book, values["stage"])
        status = self._status(row, found)
        if status is None:
            return None
        stage = found if isinstance(found, KnownStage) else None
        if status is Status.WON and (stage is None or not stage.is_won):
            stage = book.won
            if stage is None:
                self._fail(row, "stage", _("The pipeline has no stage for won leads."))
                return None
        elif status is not Status.WON and (stage is None or stage.is_won):
            stage = self._last_entered(values, book)
        return stage or book.first, status

    def _status(self, row: ReadRow, found: KnownStage | Status | None) -> Status | None:
        values = row.values
        if isinstance(found, Status):
            return found
        if isinstance(found, KnownStage) and found.is_won:
            return Status.WON
        if "status" in values:
            status = status_of(values["status"])
            if status is None:
                self._fail(
                    row,
                    "status",
                    _("“%(word)s” is neither open, won nor lost.") % {"word": values["status"]},
                )
            return status
        if values.get("is_won"):
            return Status.WON
        if values.get("is_closed") and "is_won" in values:
            return Status.LOST
        return Status.OPEN

    def _last_entered(self, values: Mapping[str, Any], book: StageBook) -> KnownStage | None:
        entered = entered_stages(values, book, zone=self.zone, now=self.now)
        if not entered:
            return None
        last = entered[-1][1]
        return next(stage for stage in book.stages if stage.id == last)
