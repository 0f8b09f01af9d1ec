"""An import as its page prints it: ready texts for figures, files, errors and the first rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from capture.customcells import custom_fields
from capture.forms import program
from capture.labels import SUBJECTS, field_label, made_label
from capture.models import Import
from core.dates import day
from core.money import format_money, format_number
from core.telling import undone_among

#: Different errors that a page shows; the others are in the file of errors.
SHOWN = 20
#: Rows of one error that are named by their number.
NAMED = 3
#: After so many seconds in the queue a page says that it is no longer a matter of course.
LONG = 20
STATUSES = ("won", "open", "lost")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it counts."""

    number: str
    words: str
    tone: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FileFace:
    """A file: its name, what it was taken for, and its columns."""

    name: str
    about: str
    taken: list[tuple[str, str]]
    left: list[str]
    left_out: bool


@dataclass(slots=True)
class Face:
    """All that the page of an import prints beside the record itself."""

    title: str
    state: str
    state_words: str
    tone: str = ""
    #: Whether the figures say what would happen, not what did.
    planned: bool = True
    counts: list[Figure] = field(default_factory=list)
    money: list[Figure] = field(default_factory=list)
    made: list[Figure] = field(default_factory=list)
    origin: str = ""
    files: list[FileFace] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    error_words: str = ""
    more_errors: str = ""
    preview: list[dict[str, str]] = field(default_factory=list)
    button: str = ""
    nothing_to_do: str = ""


def state_of(found: Any, undone: bool) -> tuple[str, str, str]:
    """The state of an import as its mark shows it: key, words, tone."""
    if undone:
        return "undone", _("undone"), ""
    if found.state == Import.State.UPLOADED:
        return "uploaded", _("being read"), ""
    tones = {"done": "won", "failed": "lost", "stopped": "lost"}
    return found.state, found.get_state_display(), tones.get(found.state, "")


def title_of(found: Any) -> str:
    """What an import is called: by its only file, else by the one with leads and how many more."""
    names = [file.name for file in found.files.all()]
    read = found.figures.get("read") or []
    first = next((f["name"] for f in read if f["subject"] == "lead"), names[0] if names else "–")
    if len(names) < 2:
        return str(first)
    more = len(names) - 1
    return ngettext(
        "%(file)s and %(count)s more file", "%(file)s and %(count)s more files", more
    ) % {"file": first, "count": more}


def face_of(found: Import) -> Face:
    """The page of one import."""
    undone = bool(undone_among([found.cause]))
    key, words, tone = state_of(found, undone)
    face = Face(title_of(found), key, words, tone)
    figures = found.figures
    if not figures:
        return face
    face.planned = planned = figures["planned"]
    _count(face, figures, planned)
    _sum(face, figures)
    face.made = [
        Figure(_n(count), made_label(kind, count)) for kind, count in figures["made"].items()
    ]
    face.origin = program(figures["origin"])
    face.files = [_file(each, found) for each in figures["read"]]
    face.unmapped, face.notes = figures["unmapped"], figures["notes"]
    _list_errors(face, found)
    face.preview = [_row(row, planned) for row in figures["preview"]]
    _offer(face, figures)
    return face


def _n(value: Any) -> str:
    return format_number(Decimal(value), get_language() or "en")


def _money(amount: Any, currency: str) -> str:
    return format_money(Decimal(amount), currency, get_language() or "en")


def _count(face: Face, figures: Mapping[str, Any], planned: bool) -> None:
    created, updated = figures["created"], figures["updated"]
    kept = figures["skipped"] - figures["failed"]
    if planned:
        pairs = [
            (created, ngettext("lead would be created", "leads would be created", created)),
            (updated, ngettext("lead would be updated", "leads would be updated", updated)),
        ]
    else:
        pairs = [
            (created, ngettext("lead created", "leads created", created)),
            (updated, ngettext("lead updated", "leads updated", updated)),
        ]
    face.counts = [
        Figure(_n(figures["rows"]), ngettext("row read", "rows read", figures["rows"])),
        *(Figure(_n(number), words, "good" if number else "") for number, words in pairs),
        Figure(_n(kept), ngettext("row changes nothing", "rows change nothing", kept)),
        Figure(
            _n(figures["failed"]),
            ngettext("row with errors", "rows with errors", figures["failed"]),
            "bad" if figures["failed"] else "",
        ),
    ]


def _sum(face: Face, figures: Mapping[str, Any]) -> None:
    """Leads and amounts by how they stand."""
    names = {
        "won": pgettext("leads", "won"),
        "open": pgettext("leads", "open"),
        "lost": pgettext("leads", "lost"),
    }
    for status in STATUSES:
        count = figures["standing"].get(status, 0)
        sums = [
            _money(part["amount"], part["currency"])
            for part in figures["sums"]
            if part["status"] == status
        ]
        if count:
            face.money.append(Figure(_n(count), names[status], status, " + ".join(sums)))


def _file(read: Mapping[str, Any], found: Import) -> FileFace:
    size = next((f.size for f in found.files.all() if f.name == read["name"]), None)
    subject = str(SUBJECTS.get(read["subject"], ""))
    parts = [subject]
    if read["rows"]:
        rows = ngettext("%(count)s row", "%(count)s rows", read["rows"])
        parts.append(rows % {"count": _n(read["rows"])})
    if size is not None:
        parts.append(filesizeformat(size))
    custom = any(name.startswith("custom.") for _heading, name in read["columns"])
    labels = {name: one.label for name, one in custom_fields().items()} if custom else {}
    taken = [
        (heading, labels.get(name) or field_label(name))
        for heading, name in read["columns"]
        if name
    ]
    left = [heading for heading, name in read["columns"] if not name]
    return FileFace(read["name"], " · ".join(parts), taken, left, not read["subject"])


def _list_errors(face: Face, found: Import) -> None:
    """The errors, those that say the same of many rows in one line."""
    count = found.figures["error_count"]
    if not count:
        return
    same: dict[tuple[str, str, str], list[int]] = {}
    for error in found.errors:
        key = (error["file"], error["column"], error["message"])
        same.setdefault(key, []).append(error["row"])
    face.errors = [
        {"file": file, "column": column, "message": message, "rows": _rows(rows)}
        for (file, column, message), rows in list(same.items())[:SHOWN]
    ]
    face.error_words = ngettext("%(count)s error", "%(count)s errors", count) % {"count": _n(count)}
    if len(same) > SHOWN:
        face.more_errors = _("The first %(shown)s are shown; download the list for the others.") % {
            "shown": _n(SHOWN)
        }


def _rows(rows: Sequence[int]) -> str:
    """The numbers of rows in words: the first few, and how many there are."""
    first = ", ".join(str(row) for row in rows[:NAMED]) if any(rows) else "–"
    if len(rows) <= NAMED:
        return first
    return ngettext("%(first)s … (%(count)s row)", "%(first)s … (%(count)s rows)", len(rows)) % {
        "first": first,
        "count": _n(len(rows)),
    }


def _row(row: Mapping[str, Any], planned: bool) -> dict[str, str]:
    """One of the first rows as it becomes."""
    lead = row["lead"]
    actions = {
        "create": (pgettext("lead", "new"), "won"),
        "update": (pgettext("lead", "updated"), ""),
        "keep": (pgettext("lead", "unchanged"), ""),
        "fail": (pgettext("lead", "error"), "lost"),
    }
    words, tone = actions[row["action"]]
    statuses = {"won": _("Won"), "lost": _("Lost")}
    amount = lead["expected_revenue"]
    return {
        "row": str(row["row"]),
        "action": words,
        "tone": tone,
        "title": lead["title"],
        "company": lead["company"] or lead["contact_name"],
        "stage": statuses.get(lead["status"], lead["stage"]),
        "status": lead["status"],
        "amount": _money(amount, lead["currency"]) if amount else "",
        "owner": lead["owner"],
        "created": _day(lead["created_at"]),
        "closed": _day(lead["closed_at"]),
    }


def _day(text: str) -> str:
    moment = parse_datetime(text) if text else None
    return day(timezone.localtime(moment)) if moment else ""


def _offer(face: Face, figures: Mapping[str, Any]) -> None:
    created, updated = figures["created"], figures["updated"]
    count = created + updated
    if count:
        face.button = ngettext("Import %(count)s lead", "Import %(count)s leads", count) % {
            "count": _n(count)
        }
    elif figures["failed"] == figures["rows"]:
        face.nothing_to_do = _("No row can be imported: see the errors below.")
    elif figures["made"]:
        face.button = pgettext("button", "Import")
    else:
        face.nothing_to_do = _("All of this is here already: there is nothing to import.")


def wait_words(found: Import) -> str:
    """What an import waits for; "" while a worker has it."""
    now = timezone.now()
    if found.leased_until is not None and found.leased_until > now:
        return ""
    other = Import.objects.being_written(now).exclude(pk=found.pk).for_list().first()
    if found.state == Import.State.RUNNING and other is not None:
        return _("It waits for another import to end: %(title)s, by %(name)s.") % {
            "title": title_of(other),
            "name": other.by,
        }
    if found.attempts:
        return _("The worker that did this has gone. Another one goes on within a minute.")
    waited = (now - (found.asked_at or now)).total_seconds()
    if waited > LONG:
        return _("No worker has taken it yet. It is done as soon as one is there.")
    return ""


def faces_of(found: Sequence[Any]) -> list[dict[str, Any]]:
    """Imports as the list prints them."""
    undone = undone_among([each.cause for each in found])
    faces = []
    for each in found:
        key, words, tone = state_of(each, each.cause in undone)
        figures = each.figures
        parts = []
        if figures and each.state in (Import.State.DONE, Import.State.STOPPED):
            parts = [
                f"{_n(figures[name])} {word}"
                for name, word in (
                    ("created", pgettext("leads", "created")),
                    ("updated", pgettext("leads", "updated")),
                    ("failed", _("with errors")),
                )
                if figures[name]
            ] or [_("nothing changed")]
        elif figures and each.state == Import.State.EXAMINED:
            rows = ngettext("%(count)s row", "%(count)s rows", figures["rows"])
            parts = [rows % {"count": _n(figures["rows"])}]
        faces.append(
            {
                "record": each,
                "title": title_of(each),
                "url": each.get_absolute_url(),
                "state": words,
                "tone": tone,
                "counts": ", ".join(parts),
                "can_undo": each.wrote and not each.is_busy and key != "undone",
            }
        )
    return faces
