"""The page of a list, its file, and its columns: the same for every kind of record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import exports
from core.bulk import Deed, Opening, Selection
from core.errors import Refused
from core.keyset import COUNT_CAP, capped_count
from core.lists import Listing, View, address, count_text, hidden, read_page
from core.requests import Request


@dataclass(frozen=True, slots=True)
class Chip:
    """A choice of the filter, or a list beside this one."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A part of the filter in words; `url` is the list without it."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Choices under a button."""

    label: str
    choices: Sequence[Chip]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the rows: words, filters, and what an empty list says.

    `counted(number, shown)` tells the number of records; `problems` are filters that
    could not be read.
    """

    title: str
    icon: str
    find_label: str
    new_url: str
    new_label: str
    empty_text: str
    counted: Callable[[int, str], str]
    text: str = ""
    is_narrowed: bool = False
    chips: Sequence[Chip] = ()
    told: Sequence[Told] = ()
    menus: Sequence[Menu] = ()
    tabs: Sequence[Chip] = ()
    #: Other ways of showing the same records, each with `label`, `icon`, `url` and `current`.
    ways: Sequence[Any] = ()
    #: The form of the filter, opened over the list.
    filter_url: str = ""
    #: The saved views, told what the list shows: its whole query.
    views: Callable[[str], Any] | None = None
    #: What may be done to rows that are selected.
    deeds: Sequence[Deed | Opening] = ()
    problems: Sequence[str] = field(default_factory=list)
    #: Files of the rows beside the tables: the name of the format, and the words.
    files: Sequence[tuple[str, str]] = ()


def show_list(
    request: Request, listing: Listing, records: models.QuerySet[Any], frame: Frame
) -> HttpResponse:
    """The page; a fragment with the next rows when the page asks for them."""
    view = View.read(listing, request.GET, request.user)
    if request.htmx and request.GET.get("part") == "count":
        number = capped_count(records, COUNT_CAP)
        words = frame.counted(number, count_text(number))
        return render(request, "core/list.html#count", {"count_words": words})
    page = read_page(records, view, request.GET, is_search=bool(frame.text))
    context: dict[str, Any] = {
        "page": page,
        "listing": listing,
        "deeds": [(deed, _deed_url(listing, deed)) for deed in frame.deeds],
    }
    if request.htmx and view.after and not page.is_first:
        return render(request, "core/list.html#rows", context)
    names = ",".join(column.name for column in view.columns)
    query = address(request.GET, after=None, columns=names, sort=view.sort)
    views = frame.views(query) if frame.views is not None else None
    context |= {
        "title": frame.title,
        "listing_icon": frame.icon,
        "find_label": frame.find_label,
        "new_url": frame.new_url,
        "new_label": frame.new_label,
        "empty_text": frame.empty_text,
        "count_words": frame.counted(page.number, page.count),
        "count_url": "" if page.is_counted else address(request.GET, after=None, part="count"),
        "text": frame.text,
        "is_narrowed": frame.is_narrowed,
        "chips": frame.chips,
        "told": frame.told,
        "menus": frame.menus,
        "tabs": frame.tabs,
        "ways": frame.ways,
        "files": frame.files,
        "filter_url": frame.filter_url,
        "problems": [*frame.problems, *([views.problem] if views and views.problem else [])],
        "views": views,
        "kept": hidden(request.GET, "q"),
        "all_url": request.path + ("?view=all" if views else ""),
        "export_url": reverse(f"{listing.name}-export") + query,
        "export_rows_url": reverse(f"{listing.name}-export"),
        "here": address(request.GET, after=None),
    }
    return render(request, "core/list.html", context)


def _deed_url(listing: Listing, deed: Deed | Opening) -> str:
    return reverse(f"{listing.name}-bulk", args=[deed.name])


def export_list(
    request: Request,
    listing: Listing,
    records: models.QuerySet[Any],
    problems: Sequence[str] = (),
    others: Mapping[str, Callable[[models.QuerySet[Any], View], HttpResponseBase]] | None = None,
) -> HttpResponseBase:
    """What the list shows, as a file, or of it the rows that are selected. A filter that cannot be
    read exports nothing. `others` make files of further formats."""
    if problems:
        raise Refused(_("Nothing was exported.") + " " + " ".join(problems))
    query = asked_of(request)
    if rows := Selection.read(request.GET).rows:
        records = records.filter(pk__in=rows)
    view = View.read(listing, query, request.user)
    wanted = request.GET.get("format", "csv")
    if others and wanted in others:
        return others[wanted](records, view)
    return exports.answer(records, view, wanted)


def asked_of(request: Request) -> QueryDict:
    """The query of the list that a file is made of: the address's own, or with a selection that of
    the list on which it was made."""
    return Selection.read(request.GET).filter if "filter" in request.GET else request.GET
