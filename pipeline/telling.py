"""What a change of a lead did, in the words of a salesperson."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from core.ledger.tables import Action
from core.ledger.words import Line, Told

Said = tuple[str, Collection[str]]

#: What hangs on a lead and is told on its page.
HANGING = ("pipeline.activity", "pipeline.leadcontact", "pipeline.criteriontick")
#: Fields that go with a closing.
CLOSING = ("status", "closed_at", "lost_reason", "stage", "kind", "converted_at")


#: What a new lead has anyhow.
MADE = (
    "title",
    "kind",
    "status",
    "currency",
    "created_at",
    "assigned_at",
    "closed_at",
    "converted_at",
)


def phrase(told: Told) -> Said | None:
    """ "moved New → Qualified", "won it", "lost it: price" …, and the fields that this covers."""
    if told.change.record_type in HANGING:
        return _about_hanging(told)
    if told.change.record_type != "pipeline.lead":
        return None
    if told.change.action == Action.CREATED:
        return _("created this lead"), MADE
    if told.change.action == Action.DELETED:
        return _("deleted this lead"), ()
    lines = {line.field: line for line in told.lines}
    status = told.change.diff.get("status")
    if isinstance(status, list):
        return _closing(status[1], lines), CLOSING
    if "stage" in lines:
        words = {"old": lines["stage"].old, "new": lines["stage"].new}
        return _("moved %(old)s → %(new)s") % words, ("stage", "pipeline", "kind", "converted_at")
    if "archived_at" in lines:
        archived = bool(lines["archived_at"].new)
        said = _("archived it") if archived else _("took it out of the archive")
        return said, ("archived_at",)
    if set(lines) <= {"position"}:
        return _("moved it within its column"), ()
    if "owner" in lines:
        owner = lines["owner"].new
        said = _("assigned it to %(name)s") % {"name": owner} if owner else _("unassigned it")
        return said, ("owner", "assigned_at")
    return None


def _closing(status: str, lines: dict[str, Line]) -> str:
    if status == "won":
        return _("won it")
    if status == "lost":
        reason = lines["lost_reason"].new if "lost_reason" in lines else ""
        return _("lost it: %(reason)s") % {"reason": reason}
    return _("reopened it")


def _about_hanging(told: Told) -> Said:
    words = {"kind": told.kind_of_record, "name": told.record}
    kind, action, diff = told.change.record_type, told.change.action, told.change.diff
    if kind == "pipeline.criteriontick":
        met = action == Action.CREATED
        return (_("ticked the exit criterion") if met else _("unticked the exit criterion")), (
            "lead",
            "at",
        )
    if kind == "pipeline.leadcontact":
        if action == Action.CREATED:
            return _("put %(name)s on it") % words, ("lead", "contact", "is_main")
        if action == Action.DELETED:
            return _("took %(name)s off it") % words, ("lead", "contact", "is_main")
    if action == Action.CREATED:
        covered = ("lead", "created_at", "summary", "all_day", "done_at")
        return _("planned: %(name)s") % words, covered
    if action == Action.DELETED:
        return _("removed: %(kind)s “%(name)s”") % words, ("lead", "created_at")
    done = diff.get("done_at")
    if isinstance(done, list):
        said = _("completed: %(name)s") if done[1] else _("reopened: %(name)s")
        return said % words, ("done_at",)
    if set(diff) <= {"due_at", "all_day"}:
        return _("rescheduled: %(name)s") % words, ("all_day",)
    return _("changed: %(kind)s “%(name)s”") % words, ()
