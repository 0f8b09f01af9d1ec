"""Files of leads brought in: read, checked, written in batches under one cause, and reported.

The command line and the browser both call `import_files`. A rehearsal goes the same way and stops
short of writing; its counts and errors are those of the import that would follow.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from capture.course import Course, Halt, Mark
from capture.csvfile import CsvFile, open_csv
from capture.customcells import custom_fields, custom_readers, guess, names_of, see_dates
from capture.headings import BadOption, Origin, check_given, read_map
from capture.joining import Bundle, Table, arrange
from capture.planning import Planner
from capture.report import LISTED, FileRead, ImportReport, RowError
from capture.rows import RowReader
from capture.services.batches import BatchWriter
from capture.services.lookups import LookupImport
from capture.services.people import People
from capture.services.registers import Registers, imagined_id, make_registers
from capture.stages import KnownStage, StageBook
from capture.synonyms import Subject
from core.errors import NotAllowed, Refused
from core.folding import fold
from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from pipeline.models import Pipeline, Stage

if TYPE_CHECKING:
    from crm.models import CustomField, User

BATCH = 1000
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How files are to be read. `mapping` holds “Column=field” texts; `pipeline` a name or id.

    `day_first` decides on dates such as 03/04/2025 where no date of the file decides; None takes
    what is usual in the country of the installation. `listed` is how many errors are kept.
    """

    origin: Origin | None = None
    mapping: Sequence[str] = ()
    pipeline: str = ""
    create_stages: bool = False
    quiet: bool = False
    rehearsal: bool = False
    day_first: bool | None = None
    listed: int = LISTED


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file, and what people call it."""

    path: Path
    name: str = ""


def import_files(
    *,
    files: Sequence[GivenFile],
    by: User | None,
    options: Options | None = None,
    progress: Progress | None = None,
    course: Course | None = None,
) -> ImportReport:
    """Bring in files that belong together; returns what was done.

    `by=None` is the system itself. `progress` is called with rows done and rows in all after each
    batch; `course` lets an import go on where an earlier process left it. Either may raise Halt.
    Raises Refused when no file can be read or none holds leads, NotAllowed for who does not
    configure the CRM: an import makes accounts, teams and stages. A row that cannot be taken is an
    error of the report; the others are taken.
    """
    check_may_import(by)
    options = options or Options()
    fields = custom_fields()
    given = read_map(options.mapping, names_of(fields))
    opened = [open_csv(file.path, file.name or None) for file in files]
    check_given(opened, given)
    bundle = arrange(opened, guess(opened, given, fields), options.origin)
    if not bundle.rows:
        raise Refused(
            _("“%(file)s” holds headings, but no rows.") % {"file": bundle.leads[0].file.name}
        )
    with because(
        Kind.IMPORT,
        by=by,
        label=_("Import “%(file)s”") % {"file": bundle.leads[0].file.name},
        reference=", ".join(file.name for file in opened),
        quiet=options.quiet,
        id=course.cause if course else None,
    ) as cause:
        report = _Run(bundle, options, opened, progress, course, custom=fields).go()
    if Cause.objects.filter(pk=cause.id).exists():
        report.cause = cause.id
    return report


def check_may_import(by: User | None) -> None:
    """Raise NotAllowed for who may not import; the system may."""
    if by is not None and not (by.is_active and by.is_manager):
        raise NotAllowed(_("Only managers import files."))


@dataclass
class _Run:
    """One import under way."""

    bundle: Bundle
    options: Options
    files: list[CsvFile]
    progress: Progress | None
    course: Course | None = None
    done: int = 0
    made_stages: int = 0
    stages: dict[int, Stage] = field(default_factory=dict)
    custom: Mapping[str, CustomField] = field(default_factory=dict)

    def go(self) -> ImportReport:
        """Bring in everything."""
        options, bundle = self.options, self.bundle
        names = [file.name for file in self.files]
        report = ImportReport(names, rehearsal=options.rehearsal, listed=options.listed)
        written = self._written_before(names)
        report.unmapped, report.notes = bundle.unmapped, bundle.notes
        report.origin, report.read = str(bundle.origin), self._read()
        zone: dt.tzinfo = timezone.get_current_timezone()
        now = timezone.now()
        if bundle.origin is Origin.SALESFORCE:
            zone = dt.UTC  # its exports are in UTC and do not say so
        day_first = day_comes_first() if options.day_first is None else options.day_first
        books, default = self._books()
        people, registers = People(options.rehearsal), make_registers(options.rehearsal)
        people.load()
        lookups = LookupImport(
            self._source(bundle.leads[0]), registers, people, report, options.rehearsal
        )
        # Companies before the contacts that work there.
        order = (Subject.USER, Subject.COMPANY, Subject.PRODUCT, Subject.CONTACT)
        for lookup in sorted(bundle.lookups, key=lambda lookup: order.index(lookup.subject)):
            reader = RowReader(lookup.table, zone=zone, day_first=day_first)
            lookups.bring_in(lookup, reader)
        for table in bundle.leads:
            see_dates(table, self.custom)
        self._note_guesses(report, default, day_first)
        made = partial(self._made, report, registers, people)
        try:
            for place, table in enumerate(bundle.leads):
                custom = custom_readers(table, self.custom, day_first=day_first, zone=zone)
                reader = RowReader(table, zone=zone, day_first=day_first, custom=custom)
                planner = Planner(
                    reader,
                    books,
                    default,
                    zone,
                    now,
                    forced=bool(options.pipeline),
                    make_stage=self._make_stage if options.create_stages else None,
                )
                source = self._source(table)
                writer = BatchWriter(
                    source,
                    table.file.name,
                    registers,
                    people,
                    written,
                    self.stages,
                    zone,
                    now,
                    options.rehearsal,
                    partial(self._note, place, written, made) if self.course else None,
                )
                self._leads(place, reader, planner, writer, report)
        except Halt:
            report.halted = True
        report.made = made()
        report.absorb(written)
        report.made += {}  # leaves out what is zero
        return report

    def _written_before(self, names: list[str]) -> ImportReport:
        """What the rows before the mark have become; nothing without one."""
        begin = self.course.begin if self.course else None
        if begin is None:
            return ImportReport(names, listed=self.options.listed)
        return ImportReport.from_written(begin.written, files=names, listed=self.options.listed)

    def _note(
        self,
        place: int,
        written: ImportReport,
        made: Callable[[], Counter[str]],
        row: int,
    ) -> None:
        """Keep that everything up to a row is dealt with, in the transaction that does it."""
        assert self.course is not None  # noqa: S101 (asked by the caller)
        kept = written.written()
        kept["made"] = dict(written.made + made())
        self.course.note(Mark(place, row, kept))

    def _made(self, report: ImportReport, registers: Registers, people: People) -> Counter[str]:
        """How many records were made beside the leads, and changed, by kind."""
        made = Counter(report.made)
        for title, register in registers.by_title().items():
            made[title] += register.made
        made["users"] += people.made_users
        made["teams"] += people.made_teams
        made["stages"] += self.made_stages
        return made

    def _read(self) -> list[FileRead]:
        """What each file was taken for."""
        tables = [(table, Subject.LEAD) for table in self.bundle.leads]
        tables += [(lookup.table, lookup.subject) for lookup in self.bundle.lookups]
        read = [
            FileRead(
                table.file.name,
                str(subject),
                table.count,
                [
                    (heading, table.match.fields.get(place, ""))
                    for place, heading in enumerate(table.headings)
                    if heading
                ],
            )
            for table, subject in tables
        ]
        known = {file.name for file in read}
        return read + [
            FileRead(file.name, "", 0, []) for file in self.files if file.name not in known
        ]

    def _leads(
        self,
        place: int,
        reader: RowReader,
        planner: Planner,
        writer: BatchWriter,
        report: ImportReport,
    ) -> None:
        table = self.bundle.leads[place]
        begin = self.course.begin if self.course else None
        # Rows before the mark are planned again, since later ones may repeat their ids.
        mark = (begin.table, begin.row) if begin else (-1, 0)
        for batch in batched(table.rows(), BATCH):
            plans = []
            for row in map(reader.read, batch):
                plan = planner.plan(row)
                if plan is not None:
                    if (place, plan.number) > mark:
                        plans.append(plan)
                    continue
                report.skipped += 1
                report.failed += bool(row.problems)
                for problem in row.problems:
                    report.add_error(
                        RowError(problem.row, problem.column, problem.message, table.file.name)
                    )
            if plans:
                writer.write(plans)
            report.rows += len(batch)
            self.done += len(batch)
            if self.progress is not None:
                self.progress(self.done, self.bundle.rows)

    def _source(self, table: Table) -> str:
        """Whose ids these are: the vendor's, or of files of this name without dates and numbers."""
        if self.bundle.origin is not Origin.CSV:
            return str(self.bundle.origin)
        stem = re.sub(r"[\W\d_]+", "_", Path(table.file.name).stem.casefold()).strip("_")
        return f"csv:{stem}"[:40]

    def _books(self) -> tuple[dict[str, StageBook], StageBook]:
        """The stages of all pipelines by folded name, and those where leads go."""
        pipelines = list(Pipeline.objects.active().order_by("sequence", "id"))
        by_pipeline: dict[int, list[KnownStage]] = {pipeline.pk: [] for pipeline in pipelines}
        for stage in Stage.objects.active().select_related("pipeline").in_order():
            if stage.pipeline_id in by_pipeline:
                self.stages[stage.pk] = stage
                by_pipeline[stage.pipeline_id].append(
                    KnownStage(stage.pk, stage.name, stage.is_won)
                )
        books = {p.pk: StageBook(by_pipeline[p.pk]) for p in pipelines if by_pipeline[p.pk]}
        named = {fold(p.name): books[p.pk] for p in pipelines if p.pk in books}
        if not books:
            raise Refused(_("There is no pipeline with stages to import into."))
        wanted = self.options.pipeline
        if not wanted:
            return named, next(iter(books.values()))
        chosen = named.get(fold(wanted))
        if chosen is None and wanted.isdecimal():
            chosen = books.get(int(wanted))
        if chosen is None:
            raise BadOption(
                _("There is no pipeline “%(name)s”. Pipelines: %(known)s.")
                % {"name": wanted, "known": ", ".join(p.name for p in pipelines)}
            )
        return named, chosen

    def _make_stage(self, book: StageBook, name: str) -> KnownStage:
        """Make an open stage at the end of a pipeline, before its won stages."""
        pipeline = self.stages[book.first.id].pipeline
        last = [self.stages[known.id].sequence for known in book.stages if not known.is_won]
        won = [self.stages[known.id].sequence for known in book.stages if known.is_won]
        sequence = max(last, default=0) + 1
        if won and sequence >= min(won):
            sequence = min(won)
        stage = Stage(pipeline=pipeline, name=name, sequence=sequence)
        if self.options.rehearsal:
            stage.pk = imagined_id()
        else:
            stage.save()
        self.made_stages += 1
        self.stages[stage.pk] = stage
        known = KnownStage(stage.pk, stage.name, is_won=False)
        book.add(known)
        return known

    def _note_guesses(self, report: ImportReport, book: StageBook, day_first: bool) -> None:
        """Say what was decided without help of the files, and which dates have no stage."""
        for table in self.bundle.leads:
            seen = table.evidence
            if seen.unclear_dates and seen.day_first == seen.month_first:
                report.notes.append(
                    _("Nothing in the file decides on dates such as 03/04: the day was read first.")
                    if day_first
                    else _(
                        "Nothing in the file decides on dates such as 03/04: the month was read"
                        " first."
                    )
                )
            if table.match.place_of("external_id") is None:
                report.notes.append(
                    _(
                        "No column of “%(file)s” holds ids: to import it again makes its leads"
                        " again."
                    )
                    % {"file": table.file.name}
                )
            for place, name in table.match.fields.items():
                if name.startswith("entered:"):
                    stage = book.find(name.removeprefix("entered:"))
                    if not isinstance(stage, KnownStage) or stage.is_won:
                        report.unmapped.append(table.headings[place])


def day_comes_first() -> bool:
    """Whether people here write 03/04 for the third of April; few countries do not (CLDR)."""
    return settings.DEFAULT_COUNTRY not in {"US", "PH", "FM", "MH", "PW"}


__all__ = ["BadOption", "GivenFile", "ImportReport", "Options", "import_files"]
