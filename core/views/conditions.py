"""The form that builds a condition for a list or a board: rows, the sentence, the number found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core.answers import go_to
from core.conditions import ConditionError, parse, parse_where, sentence
from core.conditions.binding import bind
from core.conditions.builder import RowFace, faces
from core.conditions.building import ALL, MOST_GROUPS, MOST_ROWS, Draft, Row
from core.conditions.filters import zone_of
from core.errors import Conflict, NotFound, Refused
from core.keyset import COUNT_CAP, capped_count
from core.lists import address, count_text
from core.requests import Request

#: The records that the query of an address shows to a person.
Records = Callable[[Request, QueryDict], models.QuerySet[Any]]


#: Keeps what was built (None: no condition) and answers.
Keeper = Callable[[Request, QueryDict, dict[str, Any] | None], HttpResponse]
#: What a condition is built for, in words; refuses a person who may not.
Heading = Callable[[Request, QueryDict], str]


@dataclass(frozen=True, slots=True)
class Built:
    """What a condition can be built for: the subject of its fields, and what it filters. With
    `keep` it is kept on a record that `heading` names, instead of in the address of a list."""

    subject: str
    records: Records
    keep: Keeper | None = None
    heading: Heading | None = None


_built: dict[str, Built] = {}


def register_built(
    name: str,
    subject: str,
    records: Records,
    *,
    keep: Keeper | None = None,
    heading: Heading | None = None,
) -> None:
    """Let conditions be built for a list, by its name, or for records that keep them."""
    _built[name] = Built(subject, records, keep, heading)


def build_url(name: str, to: str, query: QueryDict) -> str:
    """The address of the form for a list at `to` with this query."""
    return (
        f"{reverse('conditions', args=[name])}?{urlencode({'to': to, 'kept': query.urlencode()})}"
    )


def build(request: Request, name: str) -> HttpResponse:
    """The form; each change of it shows the sentence and the number found, POST applies it."""
    built = _built.get(name)
    data = request.POST if request.method == "POST" else request.GET
    if built is None:
        raise NotFound(_("There is no such list."))
    to, kept = _target(data)
    heading = built.heading(request, kept) if built.heading else _("Conditions")
    draft, problem, is_new = _draft(data, kept, built.subject)
    _change(draft, data)
    if request.method == "POST" and not problem:
        try:
            tree = draft.tree(built.subject)
            node = parse(tree, built.subject)
            bind(
                node,
                built.subject,
                now=timezone.now(),
                zone=zone_of(request.user),
                user=request.user,
            )
            if built.keep:
                return built.keep(request, kept, tree or None)
        except ConditionError as error:
            problem = str(error.problem)
        except (Refused, Conflict) as refused:
            problem = refused.message
        else:
            where = json.dumps(tree, ensure_ascii=False) if tree else None
            return go_to(request, to + address(kept, where=where, after=None).rstrip("?"))
    said, found = _found(request, built, draft, kept)
    rows = faces(draft, built.subject, request.user)
    context = {
        "name": name,
        "heading": heading,
        "is_kept": built.keep is not None,
        "to": to,
        "kept": kept.urlencode(),
        "blocks": _blocks(draft, rows),
        "modes": draft.modes,
        "problem": problem,
        "is_replaced": is_new,
        "said": said,
        "found": found,
        "may_add": len(draft.rows) < MOST_ROWS,
        "may_group": len(draft.modes) <= MOST_GROUPS,
        "in_dialog": bool(request.htmx),
    }
    part = "#form" if request.htmx else ""
    status = 422 if problem and request.method == "POST" else 200
    return render(request, f"core/conditions.html{part}", context, status=status)


def _target(data: QueryDict) -> tuple[str, QueryDict]:
    """The list or board that the condition is for, and the rest of its query."""
    to = data.get("to", "")
    if not to.startswith("/") or not url_has_allowed_host_and_scheme(to, allowed_hosts=None):
        raise NotFound(_("There is no such page."))
    return to.partition("?")[0], QueryDict(data.get("kept", "").removeprefix("?")[:20_000], True)


def _draft(data: QueryDict, kept: QueryDict, subject: str) -> tuple[Draft, str, bool]:
    """The draft that was sent, or that of the condition in the address; what is wrong with the
    latter, and whether it says more than the form can show."""
    if "m0" in data:
        return Draft.read(data), "", False
    where = kept.get("where", "")
    if not where:
        return Draft([Row()]), "", False
    try:
        parse_where(where, subject)
    except ConditionError as error:
        return Draft([Row()]), str(error.problem), False
    draft = Draft.of(json.loads(where))
    return draft or Draft([Row()]), "", draft is None


def _change(draft: Draft, data: QueryDict) -> None:
    """A row or a group more, or a row less, as a button asks."""
    drop, group = _number(data, "drop"), _number(data, "add")
    if drop is not None and drop < len(draft.rows):
        del draft.rows[drop]
    if group is not None and len(draft.rows) < MOST_ROWS:
        draft.rows.append(Row(group=group if group in draft.modes else 0))
    if "group" in data and len(draft.modes) <= MOST_GROUPS:
        number = max(draft.modes) + 1
        draft.modes[number] = "any" if draft.modes.get(0, ALL) == ALL else ALL
        draft.rows.append(Row(group=number))


def _number(data: QueryDict, name: str) -> int | None:
    text = str(data.get(name, ""))[:3]
    return int(text) if text.isascii() and text.isdigit() else None


def _found(request: Request, built: Built, draft: Draft, kept: QueryDict) -> tuple[str, str]:
    """The condition as a sentence, and how many records it and the rest of the filter find."""
    try:
        tree = draft.tree(built.subject, lenient=True)
        node = parse(tree, built.subject)
    except ConditionError as error:
        return str(error.problem), ""
    query = kept.copy()
    query["where"] = json.dumps(tree, ensure_ascii=False)
    if not tree:
        query.pop("where")
    count = capped_count(built.records(request, query), COUNT_CAP)
    return sentence(node, built.subject, request.user) if tree else "", count_text(count)


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of one group (0: those of none) and whether all or any of them hold."""

    number: int
    mode: str
    rows: list[RowFace]


def _blocks(draft: Draft, rows: list[RowFace]) -> list[Block]:
    found = [
        Block(number, mode, [row for row in rows if row.group == number])
        for number, mode in sorted(draft.modes.items())
    ]
    return [block for block in found if block.rows or not block.number]
