"""Files that belong together: which one holds the leads, and how the others hang on it.

A file joins the leads by a column that both have (“account”), or by an id that the leads carry
(“AccountId”). What its rows are follows from that column: companies, products, people, or just
more columns. A file that describes the others, or that joins nothing, is named and left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from capture.csvfile import CsvFile, Row
from capture.headings import Match, Origin, lead_weight, match, origin_of, subject_of
from capture.synonyms import Subject, Type, heading_key, type_of
from capture.values import Evidence
from core.errors import Refused
from core.folding import fold

#: The fields by which a lead names another record: what it is, and the field of it.
REFERENCES: Mapping[str, tuple[Subject, str]] = {
    "company_id": (Subject.COMPANY, "external_id"),
    "owner_id": (Subject.USER, "external_id"),
    "contact_id": (Subject.CONTACT, "external_id"),
    "owner_email": (Subject.USER, "email"),
    "company": (Subject.COMPANY, "name"),
    "product": (Subject.PRODUCT, "name"),
    "owner": (Subject.USER, "name"),
    "contact_name": (Subject.CONTACT, "name"),
}
_DICTIONARY = {"field", "column", "variable", "champ", "colonne", "fieldname", "columnname"}
_DESCRIPTION = {"description", "meaning", "definition", "label", "signification"}
#: Files whose columns weigh this much hold leads themselves, next to the main one.
_ANOTHER_OF_LEADS = 5


@dataclass
class Widening:
    """Columns that a joined file adds to the rows of leads, by the folded cell at `place`."""

    place: int
    cells: dict[str, list[str]]
    width: int


@dataclass
class Table:
    """A file with the meaning of its columns and what its cells tell about its style."""

    file: CsvFile
    headings: list[str]
    match: Match
    evidence: Evidence = field(default_factory=Evidence)
    widenings: list[Widening] = field(default_factory=list)
    count: int = 0

    def rows(self) -> Iterator[Row]:
        """The rows of the file, each as wide as `headings` where it was not too wide."""
        width = len(self.headings)
        own = len(self.file.headings)
        for row in self.file.rows():
            if not row.problem:
                cells = row.cells
                if len(cells) < own:
                    cells.extend([""] * (own - len(cells)))
                for widening in self.widenings:
                    if len(cells) < width:
                        key = fold(cells[widening.place])
                        cells.extend(widening.cells.get(key) or [""] * widening.width)
            yield row

    def examine(self) -> None:
        """Count the rows and see how amounts and dates are written."""
        amounts = [p for p, n in self.match.fields.items() if type_of(n) is Type.MONEY]
        moments = [p for p, n in self.match.fields.items() if type_of(n) is Type.MOMENT]
        see_amount, see_date = self.evidence.see_amount, self.evidence.see_date
        for row in self.rows():
            self.count += 1
            cells = row.cells
            if row.problem:
                continue
            for place in amounts:
                if not cells[place].isdecimal():
                    see_amount(cells[place])
            for place in moments:
                if cells[place] and cells[place][4:5] != "-":
                    see_date(cells[place])


@dataclass
class Lookup:
    """A file of records that leads name; `key` is the field by which."""

    table: Table
    subject: Subject
    key: str


@dataclass
class Bundle:
    """Files given together, arranged."""

    origin: Origin
    leads: list[Table]
    lookups: list[Lookup] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many rows of leads there are."""
        return sum(table.count for table in self.leads)


def arrange(
    files: Sequence[CsvFile], given: Mapping[str, str], origin: Origin | None = None
) -> Bundle:
    """Decide the part of each file. Raises Refused when none holds leads.

    `given` maps heading keys to fields, as `capture.headings.read_map` reads them.
    """
    subjects = {id(file): subject_of(file.headings) for file in files}
    matches = {id(file): _match(file, file.headings, Subject.LEAD, given) for file in files}
    able = [file for file in files if subjects[id(file)] is not Subject.OTHER]
    able = [file for file in able if not _describes(file, files)]
    if not able:
        raise Refused(_("None of the files holds leads."))
    weights = {id(file): lead_weight(matches[id(file)]) for file in able}
    # Of several that weigh the same the first given counts.
    main = max(able, key=lambda file: weights[id(file)])
    bundle = Bundle(origin or origin_of(main.headings), [])
    tables = [
        Table(file, list(file.headings), matches[id(file)])
        for file in able
        if file is main
        or file.headings == main.headings
        or (
            weights[id(file)] >= _ANOTHER_OF_LEADS
            and subjects[id(file)] is Subject.LEAD
            and matches[id(file)].place_of("stage") is not None
        )
    ]
    bundle.leads = tables
    chosen = {id(table.file) for table in tables}
    for file in files:
        if id(file) not in chosen:
            _join(file, subjects[id(file)], bundle, files, given)
    for table in tables:
        if not table.match.fields:
            raise Refused(
                _("No column of “%(file)s” is known. Name one with --map “Column=field”.")
                % {"file": table.file.name}
            )
        table.examine()
        _report(table, bundle)
    for lookup in bundle.lookups:
        lookup.table.examine()
        _report(lookup.table, bundle)
    bundle.unmapped = list(dict.fromkeys(bundle.unmapped))
    return bundle


def _match(
    file: CsvFile, headings: Sequence[str], subject: Subject, given: Mapping[str, str]
) -> Match:
    """Match headings; a repeated heading means nothing the second time."""
    repeated = set(file.repeated)
    seen = ["" if place in repeated else heading for place, heading in enumerate(headings)]
    found = match(seen, subject, given)
    found.unknown += [place for place in file.repeated if headings[place]]
    return found


def _describes(file: CsvFile, files: Sequence[CsvFile]) -> bool:
    """Whether a file lists the columns of the others instead of holding rows."""
    keys = [heading_key(heading) for heading in file.headings]
    if not (set(keys) & _DICTIONARY and set(keys) & _DESCRIPTION):
        return False
    place = next(place for place, key in enumerate(keys) if key in _DICTIONARY)
    named = {heading_key(row.cells[place]) for row in file.rows() if len(row.cells) > place}
    others = {heading_key(h) for other in files if other is not file for h in other.headings}
    return bool(named & others) or not others


def _join(
    file: CsvFile,
    subject: Subject,
    bundle: Bundle,
    files: Sequence[CsvFile],
    given: Mapping[str, str],
) -> None:
    if _describes(file, files):
        bundle.notes.append(
            _("“%(file)s” describes the other files; it holds no rows to import.")
            % {"file": file.name}
        )
        return
    if subject is Subject.OTHER:
        bundle.notes.append(_("“%(file)s” holds no leads; it was left out.") % {"file": file.name})
        bundle.unmapped.append(file.name)
        return
    for table in bundle.leads:
        found = _lookup(file, subject, table, given)
        if found is not None:
            bundle.lookups.append(found)
            return
    if not any(_widen(file, table, given) for table in bundle.leads):
        bundle.notes.append(
            _("“%(file)s” shares no column with the leads; it was left out.") % {"file": file.name}
        )
        bundle.unmapped.append(file.name)


def _lookup(
    file: CsvFile, subject: Subject, leads: Table, given: Mapping[str, str]
) -> Lookup | None:
    """The file as a list of records that the leads name, if it is one."""
    own = {name: leads.headings[place] for place, name in leads.match.fields.items()}
    places = {heading_key(heading): place for place, heading in enumerate(file.headings) if heading}
    shared: list[tuple[Subject, str, int]] = []
    for reference, (kind, key) in REFERENCES.items():
        place = places.get(heading_key(own.get(reference, "")))
        if reference in own and place is not None and _is_unique(file, place):
            shared.append((kind, key, place))
    shared.sort(key=lambda candidate: candidate[0] is not subject)
    if shared and (shared[0][0] is subject or subject is Subject.LEAD):
        kind, key, place = shared[0]
        found = _match(file, file.headings, kind, given)
        for other, name in list(found.fields.items()):
            if name == key and other != place:
                del found.fields[other]
                found.unknown.append(other)
        found.fields[place] = key
        found.unknown = [other for other in found.unknown if other != place]
        return Lookup(Table(file, list(file.headings), found), kind, key)
    for reference, (kind, key) in REFERENCES.items():
        if kind is subject and reference in own:
            found = _match(file, file.headings, kind, given)
            if found.place_of(key) is not None:
                return Lookup(Table(file, list(file.headings), found), kind, key)
    return None


def _is_unique(file: CsvFile, place: int) -> bool:
    seen: set[str] = set()
    for row in file.rows():
        key = fold(row.cells[place]) if len(row.cells) > place else ""
        if key and key in seen:
            return False
        seen.add(key)
    return bool(seen)


def _widen(file: CsvFile, leads: Table, given: Mapping[str, str]) -> bool:
    """Add the columns of a file to the rows of leads by a column that both have."""
    own = {heading_key(heading): place for place, heading in enumerate(leads.headings) if heading}
    ids = {place for place, name in leads.match.fields.items() if name == "external_id"}
    for place, heading in enumerate(file.headings):
        at = own.get(heading_key(heading)) if heading else None
        if at is None or at in ids or at >= len(leads.file.headings) or not _is_unique(file, place):
            continue
        width = len(file.headings)
        cells: dict[str, list[str]] = {}
        for row in file.rows():
            if len(row.cells) <= width and len(row.cells) > place:
                rest = [*row.cells, *[""] * (width - len(row.cells))]
                cells[fold(row.cells[place])] = rest[:place] + rest[place + 1 :]
        leads.widenings.append(Widening(at, cells, width - 1))
        leads.headings += file.headings[:place] + file.headings[place + 1 :]
        leads.match = _match(leads.file, leads.headings, Subject.LEAD, given)
        return True
    return False


def _report(table: Table, bundle: Bundle) -> None:
    bundle.unmapped += [table.headings[place] for place in sorted(set(table.match.unknown))]
