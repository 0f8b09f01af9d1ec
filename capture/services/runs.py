"""Reading and bringing in what somebody uploaded: asked for by people, done by a worker.

`work_on` is what the worker calls. Every write of it shows the token of its lease: a worker that
was taken for dead, and comes back, ends without having written anything twice.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from capture.course import Course, Halt, Mark
from capture.headings import Origin
from capture.models import Import
from capture.report import ImportReport, errors_as_json
from capture.services.figures import figures_of
from capture.services.imports import GivenFile, Options, import_files
from capture.services.queue import LEASE, send, take, waiting
from capture.services.uploads import locked
from core.errors import Conflict, Refused, ServiceError
from core.telling import undone_among
from pipeline.models import Pipeline

if TYPE_CHECKING:
    from crm.models import User

logger = logging.getLogger(__name__)

#: How many errors of an import are kept.
LISTED = 2000


class Superseded(Exception):
    """Another worker has this import now."""


def examine_again(*, pk: int, options: Mapping[str, Any], by: User) -> Import:
    """Read the files anew with other options; nothing may have been written yet."""
    with transaction.atomic():
        found = locked(pk, by)
        if found.is_busy or found.has_written():
            raise Conflict(_("This import has begun; its options cannot be changed any more."))
        _check_files(found)
        found.options = dict(options)
        _queue(found, Import.State.UPLOADED)
    return found


def start_import(*, pk: int, by: User) -> Import:
    """Bring in what was read, or go on with what was stopped. Asked twice, it is done once."""
    with transaction.atomic():
        found = locked(pk, by)
        if found.state in (Import.State.RUNNING, Import.State.DONE):
            return found
        if not (found.state == Import.State.EXAMINED or found.can_go_on):
            raise Conflict(_("This import cannot be started now."))
        if undone_among([found.cause]):
            raise Conflict(
                _("This import was undone. To import the files again, bring them again.")
            )
        _check_files(found)
        _check_pipeline(found)
        # Whose rights count is who starts it.
        found.by = by
        _queue(found, Import.State.RUNNING)
    return found


def stop_import(*, pk: int, by: User) -> Import:
    """Have an import end behind the batch that is being written."""
    with transaction.atomic():
        found = locked(pk, by)
        if not found.is_busy:
            return found
        found.stop_asked = True
        if found.leased_until is None or found.leased_until <= timezone.now():
            # Nobody works on it: it ends here.
            reading = found.state == Import.State.UPLOADED
            found.state = Import.State.FAILED if reading else Import.State.STOPPED
            found.message = _("The reading was stopped.") if reading else ""
            found.stop_asked, found.finished_at = False, timezone.now()
        found.save()
    return found


def _check_files(found: Import) -> None:
    if not all(file.path.is_file() for file in found.files.all()):
        raise Refused(
            _("The files were removed after %(days)s days. Bring them again.")
            % {"days": settings.IMPORT_KEEP_DAYS}
        )


def _check_pipeline(found: Import) -> None:
    wanted = found.options.get("pipeline")
    if wanted and not Pipeline.objects.active().filter(pk=wanted).exists():
        raise Refused(
            _(
                "The pipeline “%(pipeline)s” is not there any more. Choose another under Options,"
                " and look again at what would happen."
            )
            % {"pipeline": found.options.get("pipeline_name", "")}
        )


def _queue(found: Import, state: Import.State) -> None:
    """Put an import into the queue."""
    found.state, found.message, found.stop_asked = state, "", False
    found.asked_at, found.finished_at = timezone.now(), None
    found.attempts, found.token, found.leased_until = 0, None, None
    found.done = 0
    found.save()
    send(found.pk)


def work_on(pk: int) -> str:
    """Read or bring in one import, if it is to be done and free; returns the state it is in then.

    Safe to run twice, and by two workers at once: one takes it.
    """
    found = take(pk)
    if found is None:
        return ""
    work = _Work(found, found.token or uuid.uuid4())
    try:
        with translation.override(found.by.language):
            if found.stop_asked:
                work.stop()
            elif found.state == Import.State.UPLOADED:
                work.examine()
            else:
                work.bring_in()
    except Superseded:
        logger.warning("Import %s is in the hands of another worker.", pk)
        return ""
    except BaseException:
        # What nobody foresaw: let go, so that it is tried again, though not for ever.
        work.let_go()
        raise
    for other in waiting():
        send(other)
    found.refresh_from_db(fields=["state"])
    return str(found.state)


@dataclass
class _Work:
    """One import in the hands of one worker."""

    found: Import
    token: uuid.UUID

    def examine(self) -> None:
        """See what would become of the files."""
        try:
            report = self._run(rehearsal=True, course=None)
        except ServiceError as error:
            self._end(state=Import.State.FAILED, message=error.message, figures={}, errors=[])
            return
        if report.halted:
            self.stop()
            return
        self._end(state=Import.State.EXAMINED, **_told(report))

    def bring_in(self) -> None:
        """Write what the files say, from the mark on."""
        kept = self.found.mark
        course = Course(self.found.cause, self._note, Mark(**kept) if kept else None)
        try:
            report = self._run(rehearsal=False, course=course)
        except ServiceError as error:
            self._end(state=Import.State.FAILED, message=error.message)
            return
        if undone_among([self.found.cause]):
            self._end(state=Import.State.STOPPED, message=_("It was undone while it ran."))
        elif report.halted:
            self._end(state=Import.State.STOPPED, **_told(report))
        else:
            self._end(state=Import.State.DONE, **_told(report))

    def stop(self) -> None:
        """End it where it is, because somebody asked for it."""
        if self.found.state == Import.State.UPLOADED:
            self._end(state=Import.State.FAILED, message=_("The reading was stopped."))
        else:
            self._end(state=Import.State.STOPPED)

    def _run(self, *, rehearsal: bool, course: Course | None) -> ImportReport:
        return import_files(
            files=[GivenFile(file.path, file.name) for file in self.found.files.all()],
            by=self.found.by,
            options=_options(self.found.options, rehearsal=rehearsal),
            progress=self._progress,
            course=course,
        )

    def _mine(self) -> Any:
        """The row, as long as this worker holds it."""
        return Import.objects.filter(pk=self.found.pk, token=self.token)

    def _note(self, mark: Mark) -> None:
        """Keep the mark, in the transaction that writes the rows before it."""
        kept = {"table": mark.table, "row": mark.row, "written": mark.written}
        until = timezone.now() + LEASE
        if not self._mine().update(mark=kept, leased_until=until, attempts=1):
            raise Superseded
        if undone_among([self.found.cause]):
            raise Halt

    def _progress(self, done: int, rows: int) -> None:
        until = timezone.now() + LEASE
        if not self._mine().update(done=done, rows=rows, leased_until=until):
            raise Superseded
        if self._mine().filter(stop_asked=True).exists():
            raise Halt

    def _end(self, **values: Any) -> None:
        values.setdefault("message", "")
        ended = {"token": None, "leased_until": None, "attempts": 0, "stop_asked": False}
        if not self._mine().update(**values, **ended, finished_at=timezone.now()):
            raise Superseded

    def let_go(self) -> None:
        """End the lease, so that another worker may go on."""
        self._mine().update(leased_until=timezone.now() - dt.timedelta(seconds=1))


def _told(report: ImportReport) -> dict[str, Any]:
    return {"figures": figures_of(report), "errors": errors_as_json(report.errors)}


def _options(chosen: Mapping[str, Any], *, rehearsal: bool) -> Options:
    source = chosen.get("source")
    return Options(
        origin=Origin(source) if source else None,
        pipeline=str(chosen.get("pipeline") or ""),
        create_stages=bool(chosen.get("create_stages")),
        quiet=bool(chosen.get("quiet")),
        rehearsal=rehearsal,
        day_first={"day-first": True, "month-first": False}.get(chosen.get("dates", "")),
        listed=LISTED,
    )
