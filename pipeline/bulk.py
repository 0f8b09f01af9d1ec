"""What is done to several leads at once, on a board or a list."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.bulk import Deed
from core.errors import Refused
from pipeline.bulkforms import (
    BulkAssignForm,
    BulkEditForm,
    BulkLoseForm,
    BulkMoveForm,
    BulkSureForm,
    BulkTagForm,
)
from pipeline.planforms import BulkLaunchForm
from pipeline.services.assignment import assign_leads
from pipeline.services.closing import lose_leads
from pipeline.services.leads import (
    archive_leads,
    delete_leads,
    unarchive_leads,
    update_leads_with_company,
)
from pipeline.services.moves import move_leads
from pipeline.services.plans import launch_plan
from pipeline.services.sets import set_tags


def _edit(leads: list[int], form: BulkEditForm, by: Any) -> None:
    update_leads_with_company(
        leads=leads, values=form.values(), new_company=form.new_company, by=by
    )


def _move(leads: list[int], form: Any, by: Any) -> None:
    move_leads(leads=leads, stage=form.cleaned_data["stage"].pk, by=by)


def _assign(leads: list[int], form: Any, by: Any) -> None:
    owner = form.cleaned_data["owner"]
    assign_leads(leads=leads, owner=owner.pk if owner else None, by=by)


def _launch(leads: list[int], form: Any, by: Any) -> None:
    chosen = form.cleaned_data
    asked = chosen["asked"]
    launch_plan(
        plan=chosen["plan"].pk,
        leads=leads,
        base_on=chosen["base_on"],
        asked=asked.pk if asked else None,
        by=by,
    )


def _tag(leads: list[int], form: Any, by: Any) -> None:
    add, remove = form.cleaned_data["add"], form.cleaned_data["remove"]
    if not (add or remove):
        raise Refused(_("Choose a tag."))
    set_tags(leads=leads, by=by, add=[tag.pk for tag in add], remove=[tag.pk for tag in remove])


def _lose(leads: list[int], form: Any, by: Any) -> None:
    values = form.cleaned_data
    lose_leads(
        leads=leads,
        reason=values["reason"].pk,
        note=values["note"],
        again_on=values["again_on"],
        by=by,
    )


_ALL = (
    Deed(
        name="edit",
        icon="pencil",
        label=lambda: _("Edit"),
        form=BulkEditForm,
        do=_edit,
        asks=lambda n: ngettext("Edit %(n)s lead", "Edit %(n)s leads", n),
        says=lambda n: ngettext("%(n)s lead edited.", "%(n)s leads edited.", n),
        button=lambda: _("Save"),
    ),
    Deed(
        name="move",
        icon="arrows-move",
        label=lambda: _("Move"),
        form=BulkMoveForm,
        do=_move,
        asks=lambda n: ngettext("Move %(n)s lead", "Move %(n)s leads", n),
        says=lambda n: ngettext("%(n)s lead moved.", "%(n)s leads moved.", n),
        button=lambda: _("Move"),
    ),
    Deed(
        name="assign",
        icon="user",
        label=lambda: _("Assign"),
        form=BulkAssignForm,
        do=_assign,
        asks=lambda n: ngettext("Who gets %(n)s lead?", "Who gets %(n)s leads?", n),
        says=lambda n: ngettext("%(n)s lead assigned.", "%(n)s leads assigned.", n),
        button=lambda: _("Assign"),
    ),
    Deed(
        name="tag",
        icon="tag",
        label=lambda: _("Tags"),
        form=BulkTagForm,
        do=_tag,
        asks=lambda n: ngettext("Tags of %(n)s lead", "Tags of %(n)s leads", n),
        says=lambda n: ngettext("Tags of %(n)s lead changed.", "Tags of %(n)s leads changed.", n),
        button=lambda: _("Save"),
    ),
    Deed(
        name="launch",
        icon="checkbox",
        label=lambda: _("Launch a plan…"),
        form=BulkLaunchForm,
        do=_launch,
        asks=lambda n: ngettext("Launch a plan on %(n)s lead", "Launch a plan on %(n)s leads", n),
        says=lambda n: ngettext(
            "A plan is launched on %(n)s lead.", "A plan is launched on %(n)s leads.", n
        ),
        button=lambda: _("Launch"),
        is_for_seen=True,
    ),
    Deed(
        name="lose",
        icon="x",
        label=lambda: _("Lost…"),
        form=BulkLoseForm,
        do=_lose,
        asks=lambda n: ngettext("Why is %(n)s lead lost?", "Why are %(n)s leads lost?", n),
        says=lambda n: ngettext("%(n)s lead is lost.", "%(n)s leads are lost.", n),
        button=lambda: _("Lost"),
        is_grave=True,
    ),
    Deed(
        name="archive",
        icon="archive",
        label=lambda: _("Archive"),
        form=BulkSureForm,
        do=lambda leads, _form, by: archive_leads(leads=leads, by=by),
        asks=lambda n: ngettext("Archive %(n)s lead?", "Archive %(n)s leads?", n),
        says=lambda n: ngettext("%(n)s lead archived.", "%(n)s leads archived.", n),
        button=lambda: _("Archive"),
        note=lambda: _("They leave lists, board and sums, and can be brought back."),
    ),
    Deed(
        name="unarchive",
        icon="arrow-back-up",
        label=lambda: _("Bring back"),
        form=BulkSureForm,
        do=lambda leads, _form, by: unarchive_leads(leads=leads, by=by),
        asks=lambda n: ngettext(
            "Bring %(n)s lead back from the archive?",
            "Bring %(n)s leads back from the archive?",
            n,
        ),
        says=lambda n: ngettext("%(n)s lead is back.", "%(n)s leads are back.", n),
        button=lambda: _("Bring back"),
    ),
    Deed(
        name="delete",
        icon="trash",
        label=lambda: _("Delete…"),
        form=BulkSureForm,
        do=lambda leads, _form, by: delete_leads(leads=leads, by=by),
        asks=lambda n: ngettext("Delete %(n)s lead?", "Delete %(n)s leads?", n),
        says=lambda n: ngettext("%(n)s lead deleted.", "%(n)s leads deleted.", n),
        button=lambda: _("Delete"),
        note=lambda: _("What hangs on them goes with them. Undo brings all of it back."),
        is_grave=True,
    ),
)
#: The deeds by their names.
DEEDS = {deed.name: deed for deed in _ALL}
