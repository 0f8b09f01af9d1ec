"""Lists of records: which columns there are, which somebody chose, how rows are sorted and paged.

A list page is a few declarations: a `Listing` with its columns, and the records that the person
sees, filtered. Rows are read as flat values of just the columns shown, page by page behind the last
row (core.keyset), so that the thousandth page costs what the first does. All that is on a page is
in its address; only the choice of columns falls back to what the person has chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.db import models
from django.http import QueryDict
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.cells import Column, Kind, tell
from core.keyset import (
    COUNT_CAP,
    BadCursor,
    Key,
    capped_count,
    cursor_behind,
    key_of,
    read_cursor,
    rows_after,
    total,
    with_keys,
)
from core.money import format_number
from core.searching import rows_of

PAGE = 50
#: Rows of an export that are read and written at once.
BATCH = 2000
#: What the machinery itself reads from an address; the rest belongs to the filter.
OWN = ("columns", "sort", "after", "format", "part")


@dataclass(frozen=True, slots=True)
class Listing:
    """What can be listed of a kind of record. `sort` is the default, "-" in front for falling."""

    name: str
    model: type[models.Model]
    columns: Sequence[Column]
    chosen: Sequence[str]
    sort: str
    #: The address of a record, with `0` for its id.
    address: Callable[[], str]
    #: Columns that an installation adds.
    more: Callable[[], Sequence[Column]] | None = None

    def all_columns(self) -> dict[str, Column]:
        """Every column by name, in the order in which they are offered."""
        more = self.more() if self.more is not None else ()
        return {column.name: column for column in (*self.columns, *more)}

    @property
    def is_edited(self) -> bool:
        """Whether cells are edited where they stand, by who may change the record."""
        return any(column.edits or column.asks for column in self.columns)


_listings: dict[str, Listing] = {}


def register(listing: Listing) -> Listing:
    """Make a listing known by its name: its columns can be chosen."""
    _listings[listing.name] = listing
    return listing


def listing_named(name: str) -> Listing | None:
    """The listing of a name."""
    return _listings.get(name)


@dataclass(frozen=True, slots=True)
class View:
    """What an address asks for: the columns in their order, and the order of the rows."""

    listing: Listing
    columns: Sequence[Column]
    keys: Sequence[Key]
    sort: str
    after: str
    user: Any

    @classmethod
    def read(cls, listing: Listing, query: Mapping[str, Any], user: Any) -> View:
        """The view in an address; what is unknown is left out, what lacks is by choice."""
        known = listing.all_columns()
        words = query.get("columns", "").split(",")
        names = [word for word in dict.fromkeys(words) if word in known]
        sort = query.get("sort", "")
        key = _sort_key(listing, known, sort)
        if key is None:
            sort = listing.sort
            key = _sort_key(listing, known, sort)
        assert key is not None, "The default must be sortable."  # noqa: S101
        return cls(
            listing=listing,
            columns=[known[name] for name in names or chosen_columns(listing, user, known)],
            keys=total(listing.model, [key]),
            sort=sort,
            after=query.get("after", "")[:2000],
            user=user,
        )


def _sort_key(listing: Listing, known: Mapping[str, Column], sort: str) -> Key | None:
    column, falls = known.get(sort.removeprefix("-")), sort.startswith("-")
    if column is None or not column.sort:
        return None
    if column.by is not None:
        return Key(column.sort, falls, column.by.output_field, True, column.by)
    return key_of(listing.model, column.sort, falls)


def chosen_columns(
    listing: Listing, user: Any, known: Mapping[str, Column] | None = None
) -> list[str]:
    """The names of the columns that a person chose; what they had not chosen is the default."""
    known = known if known is not None else listing.all_columns()
    kept = (getattr(user, "preferences", None) or {}).get(preference(listing))
    names = [name for name in kept if name in known] if isinstance(kept, list) else []
    return names or list(listing.chosen)


def preference(listing: Listing) -> str:
    """Under which name a choice of columns is kept."""
    return f"columns.{listing.name}"


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column: where a click on it leads, and how it sorts now (aria-sort).

    `edit` names the form of its cells, `ask` is the address of the dialog that changes them
    instead, with `0` for the id."""

    label: str
    css: str
    url: str
    state: str
    edit: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is printed: its first cell is a link, the others are ready HTML; `fixed` when
    the person may not change the record."""

    pk: int
    url: str
    title: str
    cells: SafeString
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class ListPage:
    """All that a list prints. `number` goes up to COUNT_CAP and one; where `is_counted` is false it
    is what is known so far, and the page asks for the rest after it is shown. `sorts` is what the
    list may be sorted by, columns that are not shown as well."""

    heads: Sequence[Head]
    sorts: Sequence[Head]
    rows: Sequence[Row]
    number: int
    count: str
    is_counted: bool
    more: str
    is_first: bool
    start: str
    shared: str


def read_page(
    records: models.QuerySet[Any], view: View, query: QueryDict, *, is_search: bool = False
) -> ListPage:
    """A page of the records for reading, and their number; in a fixed number of queries.

    `is_search` says that the records are narrowed by words, so that none or all may be found.
    """
    behind = _behind(view)
    paths = _shown_paths(view)
    found = rows_of(
        records,
        view.keys,
        paths,
        PAGE + 1,
        behind=behind,
        after=None if behind is None else rows_after(view.keys, behind),
        is_search=is_search,
        marked=_marks(view),
    )
    is_first = behind is None
    more = ""
    if len(found) > PAGE:
        place = {path: number for number, path in enumerate(paths)}
        last = [found[PAGE - 1][place[key.path]] for key in view.keys]
        more = address(query, after=cursor_behind(view.keys, last))
    is_counted = not is_search or (is_first and not more)
    if is_first and not more:
        number = len(found)
    else:
        # Words may be found in all leads or in none: counting them must not keep the page waiting.
        number = capped_count(records, COUNT_CAP) if is_counted else PAGE
    names = ",".join(column.name for column in view.columns)
    return ListPage(
        heads=[_head(view, column, query) for column in view.columns],
        sorts=[
            _head(view, column, query)
            for column in view.listing.all_columns().values()
            if column.sort
        ],
        rows=list(_told(view, found[:PAGE], paths)),
        number=number,
        count=count_text(number) if is_counted else f"{count_text(number)}+",
        is_counted=is_counted,
        more=more,
        is_first=is_first,
        start=address(query, after=None),
        shared=address(query, after=None, columns=names, sort=view.sort),
    )


def read_row(view: View, pk: int) -> Row | None:
    """One row as it is by now."""
    found = with_keys(view.listing.model._default_manager.filter(pk=pk), view.keys)
    rows = _marks(view)(found)
    paths = _shown_paths(view)
    return next(_told(view, list(rows.values_list(*paths)), paths), None)


def _marks(view: View) -> Callable[[Any], Any]:
    """What is asked of the rows of a page beside their values: whether they may be changed."""
    if not view.listing.is_edited:
        return lambda rows: rows
    return lambda rows: rows.with_may_change(view.user)


def _shown_paths(view: View) -> list[str]:
    return [*_paths(view), *(["may_change"] if view.listing.is_edited else [])]


def _behind(view: View) -> list[Any] | None:
    """The values of the row that the page starts behind; None at the start, and for a cursor that
    was written for another order."""
    if not view.after:
        return None
    try:
        return read_cursor(view.keys, view.after)
    except BadCursor:
        return None


def count_text(count: int) -> str:
    """The count in the reader's language: "1,000+" where it stopped."""
    language = get_language() or "en"
    shown = format_number(min(count, COUNT_CAP), language)
    return f"{shown}+" if count > COUNT_CAP else shown


def _paths(view: View) -> list[str]:
    wanted = ["pk", *(key.path for key in view.keys)]
    wanted += [path for column in view.columns for path in column.paths]
    return list(dict.fromkeys(wanted))


def values(
    view: View, found: Sequence[tuple[Any, ...]], paths: Sequence[str]
) -> Iterator[tuple[int, list[Any]]]:
    """The id and the typed values of each row; sides are read once for all rows."""
    place = {path: number for number, path in enumerate(paths)}
    ids = [row[0] for row in found]
    sides: dict[Any, Mapping[int, Any]] = {}
    for column in view.columns:
        if column.side is not None and column.side not in sides:
            sides[column.side] = column.side(ids) if ids else {}
    plan = [
        (column, [place[path] for path in column.paths], sides.get(column.side, {}))
        for column in view.columns
    ]
    for row in found:
        pk = row[0]
        yield (
            pk,
            [
                column.value([row[at] for at in places], side.get(pk))
                for column, places, side in plan
            ],
        )


def _told(view: View, found: Sequence[tuple[Any, ...]], paths: Sequence[str]) -> Iterator[Row]:
    language = get_language() or "en"
    base = view.listing.address()
    kinds = [column.kind for column in view.columns]
    # A label is for the phone, where a row is a card: an empty cell needs none.
    opens = [_cell_start(column, labelled=True) for column in view.columns]
    empties = [f"{_cell_start(column, labelled=False)}</td>" for column in view.columns]
    nameless = _("(no name)")
    fixed = {row[0] for row in found if view.listing.is_edited and not row[-1]}
    for pk, row in values(view, found, paths):
        texts = [tell(kind, value, language) for kind, value in zip(kinds, row, strict=True)]
        cells = "".join(
            f"{opens[at]}{escape(text)}</td>" if text else empties[at]
            for at, text in enumerate(texts)
            if at
        )
        url = base.replace("/0/", f"/{pk}/")
        yield Row(pk, url, texts[0] or nameless, mark_safe(cells), pk in fixed)  # noqa: S308 (escaped)


def _cell_start(column: Column, *, labelled: bool) -> str:
    css = _css(column)
    return format_html(
        "<td{}{}>",
        format_html(' class="{}"', css) if css else "",
        format_html(' data-label="{}"', column.label) if labelled else "",
    )


def _css(column: Column) -> str:
    if column.is_numeric:
        return "num"
    return "stars" if column.kind == Kind.STARS else ""


def _head(view: View, column: Column, query: QueryDict) -> Head:
    css = "num" if column.is_numeric else ""
    edit = column.name if column.edits else ""
    ask = reverse(column.asks, args=[0]) if column.asks else ""
    if not column.sort:
        return Head(str(column.label), css, "", "", edit, ask)
    falls = view.sort == f"-{column.name}"
    rises = view.sort == column.name
    wanted = f"-{column.name}" if rises or (column.falling and not falls) else column.name
    state = "descending" if falls else "ascending" if rises else ""
    url = address(query, after=None, sort=wanted)
    return Head(str(column.label), css, url, state, edit, ask)


def address(query: QueryDict, **changes: str | None) -> str:
    """The query part of an address with changes; None takes a parameter out, "" as well."""
    changed = query.copy()
    for name, value in changes.items():
        if value:
            changed[name] = value
        else:
            changed.pop(name, None)
    text = changed.urlencode()
    return f"?{text}" if text else "?"


def hidden(query: QueryDict, *without: str) -> list[tuple[str, str]]:
    """The parameters that a form hands on, in their order."""
    left_out = {"after", *without}
    return [(name, text) for name, texts in query.lists() if name not in left_out for text in texts]


def filters_only(query: QueryDict) -> QueryDict:
    """What of an address belongs to the filter."""
    kept = query.copy()
    for name in OWN:
        kept.pop(name, None)
    return kept


def batches(records: models.QuerySet[Any], view: View) -> Iterator[Iterable[tuple[int, list[Any]]]]:
    """All records in the view's order, some thousand at a time, in bounded memory.

    One query that is read bit by bit, as the data was when it began; and for each batch those of
    the columns' sides.
    """
    paths = _paths(view)
    ordered = with_keys(records, view.keys).order_by(*(key.expression() for key in view.keys))
    rows = ordered.values_list(*paths)
    for part in batched(rows.iterator(chunk_size=BATCH), BATCH):
        yield values(view, part, paths)
