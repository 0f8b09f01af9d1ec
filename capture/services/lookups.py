"""The rows of joined files as records: companies, products, people, contacts.

They come before the leads that name them. A record that is there already gets the values that
differ; an empty cell takes nothing away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from capture.joining import Lookup
from capture.report import ImportReport, RowError
from capture.rows import ReadRow, RowReader
from capture.services.people import People, Person
from capture.services.registers import Register, Registers, imagined_id
from capture.synonyms import Subject
from capture.values import split_several
from core.errors import ServiceError
from core.folding import email_key, fold, phone_key
from core.ledger.writing import lock, save_locked
from crm.models import Company, Contact, Product
from crm.services.companies import create_companies, update_companies, update_company
from crm.services.contacts import create_contacts
from crm.services.points import add_further
from crm.services.tagging import put_tags

BATCH = 1000
_COMPANY_FIELDS = (
    "industry",
    "employees",
    "annual_revenue",
    "street",
    "postal_code",
    "city",
    "country",
    "website",
    "domain",
    "phone",
)


@dataclass
class LookupImport:
    """Brings in one joined file after another."""

    source: str
    registers: Registers
    people: People
    report: ImportReport
    rehearsal: bool

    def bring_in(self, lookup: Lookup, reader: RowReader) -> None:
        """Make or update the records of a file."""
        write: Callable[[list[ReadRow]], None] = {
            Subject.COMPANY: self._companies,
            Subject.PRODUCT: self._products,
            Subject.USER: self._users,
            Subject.CONTACT: self._contacts,
        }[lookup.subject]
        name = lookup.table.file.name
        seen: dict[str, int] = {}
        for batch in batched(lookup.table.rows(), BATCH):
            usable = []
            for row in map(reader.read, batch):
                if not row.problems and self._identify(row, lookup, reader, seen, name):
                    usable.append(row)
                for problem in row.problems:
                    self._fail(problem.row, problem.column, problem.message, name)
            with transaction.atomic():
                self._write(write, usable, name)
        if lookup.subject is Subject.COMPANY:
            self._parents(lookup, reader)

    def _fail(self, row: int, column: str, message: str, file: str) -> None:
        self.report.add_error(RowError(row, column, message, file))

    def _identify(
        self, row: ReadRow, lookup: Lookup, reader: RowReader, seen: dict[str, int], file: str
    ) -> bool:
        values = row.values
        if values.get("is_deleted"):
            return False
        whole = " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
        if whole and "name" not in values:
            values["name"] = whole
        key = str(values.get(lookup.key, ""))
        column = reader.heading_of(lookup.key)
        if not key or not (values.get("name") or values.get("email")):
            self._fail(row.number, column, _("The row names nothing."), file)
            return False
        folded = fold(key)
        if lookup.subject is Subject.PRODUCT:
            folded = self.registers.products.key(key)
        first = seen.setdefault(folded, row.number)
        if first != row.number:
            words = _("“%(id)s” stands in row %(row)s already.") % {"id": key, "row": first}
            self._fail(row.number, column, words, file)
            return False
        return True

    def _write(
        self, write: Callable[[list[ReadRow]], None], rows: list[ReadRow], file: str
    ) -> None:
        """Write rows together; when one is refused, each by itself, so that the others stay."""
        try:
            with transaction.atomic():
                write(rows)
        except ServiceError:
            for row in rows:
                try:
                    with transaction.atomic():
                        write([row])
                except ServiceError as error:
                    self._fail(row.number, "", error.message, file)

    def _companies(self, rows: list[ReadRow]) -> None:
        register = self.registers.companies
        self.registers.tags.learn(tag for row in rows for tag in row.values.get("tags", ()))
        tagged: dict[int, list[int]] = {}
        references = [r.values["external_id"] for r in rows if "external_id" in r.values]
        by_reference: dict[str, Any] = {
            company.external_id: company
            for company in Company.objects.filter(
                external_source=self.source, external_id__in=references
            )
        }
        keys = [register.key(row.values["name"]) for row in rows]
        by_name = {
            company.name_key: company
            for company in Company.objects.active().filter(name_key__in=keys).order_by("-pk")
        }
        drafts: list[dict[str, Any]] = []
        for row in rows:
            values = self._company_values(row)
            found = by_reference.get(values.get("external_id", ""))
            found = found or by_name.get(register.key(values["name"]))
            if found is None:
                drafts.append(values)
                continue
            self._note_company(found.pk, found.name, values)
            if found.external_id and found.external_source != self.source:
                values.pop("external_id", None)
                values.pop("external_source", None)
            tagged[found.pk] = [*tagged.get(found.pk, ()), *values.pop("tags", ())]
            changed = _differing(found, values)
            if register.key(changed.get("name", "")) == found.name_key:
                changed.pop("name")
            if changed:
                self.report.made["companies_updated"] += 1
                if not self.rehearsal:
                    update_company(company=found.pk, values=changed, by=None)
        if self.rehearsal:
            for values in drafts:
                self._note_company(imagined_id(), values["name"], values)
        else:
            for company, values in zip(
                create_companies(drafts=drafts, by=None), drafts, strict=True
            ):
                self._note_company(company.pk, company.name, values)
        self._tag(Company, tagged)
        register.made += len(drafts)

    def _company_values(self, row: ReadRow) -> dict[str, Any]:
        values = {name: row.values[name] for name in _COMPANY_FIELDS if name in row.values}
        values["name"] = row.values["name"]
        values |= self._tags_of(row)
        if "external_id" in row.values:
            values["external_id"] = row.values["external_id"]
            values["external_source"] = self.source
        owner = Person(row.values.get("owner", ""), reference=row.values.get("owner_id", ""))
        if owner.name:
            self.people.learn([owner])
        found = self.people.find(owner)
        if found is not None:
            values["owner"] = found
        return values

    def _note_company(self, pk: int, name: str, values: dict[str, Any]) -> None:
        register = self.registers.companies
        register.known[register.key(values["name"])] = (pk, name)
        if "external_id" in values:
            self.registers.companies_by_reference[values["external_id"]] = pk

    def _parents(self, lookup: Lookup, reader: RowReader) -> None:
        """Set parent companies, once all companies are there."""
        register = self.registers.companies
        if not {"parent", "parent_id"} & set(lookup.table.match.fields.values()):
            return
        pairs: list[tuple[int, int]] = []
        for batch in batched(lookup.table.rows(), BATCH):
            rows = [row for row in map(reader.read, batch) if not row.problems]
            with transaction.atomic():
                register.learn(row.values["parent"] for row in rows if "parent" in row.values)
            for row in rows:
                values = row.values
                child = register.known.get(register.key(values.get("name", "")))
                above = self.registers.companies_by_reference.get(values.get("parent_id", ""))
                if above is None and "parent" in values:
                    above = register.id_of(values["parent"])
                if child and above and child[0] != above:
                    pairs.append((child[0], above))
        _set_parents(pairs, register, self.report, self.rehearsal)

    def _products(self, rows: list[ReadRow]) -> None:
        register = self.registers.products
        keys = [register.key(row.values["name"]) for row in rows]
        found: dict[str, Any] = {
            product.name_key: product for product in lock(Product.objects.filter(name_key__in=keys))
        }
        fresh: list[Product] = []
        for row in rows:
            values: dict[str, Any] = {
                name: row.values[name] for name in ("code", "list_price") if name in row.values
            }
            product = found.get(register.key(row.values["name"]))
            if product is None:
                fresh.append(Product(name=row.values["name"], **values))
                continue
            register.known[product.name_key] = (product.pk, product.name)
            changed = _differing(product, values)
            for name, value in changed.items():
                setattr(product, name, value)
            self.report.made["products_updated"] += bool(changed)
        if not self.rehearsal:
            save_locked(list(found.values()))
            Product.objects.bulk_create(fresh)
        register.made += len(fresh)
        for product in fresh:
            pk = imagined_id() if self.rehearsal else product.pk
            register.known[register.key(product.name)] = (pk, product.name)

    def _users(self, rows: list[ReadRow]) -> None:
        names = ("name", "email", "manager", "team", "region")
        self.people.learn(
            Person(
                reference=row.values.get("external_id", ""),
                **{name: row.values.get(name, "") for name in names},
            )
            for row in rows
        )

    def _contacts(self, rows: list[ReadRow]) -> None:
        self.registers.companies.learn(
            row.values["company"] for row in rows if "company" in row.values
        )
        self.registers.tags.learn(tag for row in rows for tag in row.values.get("tags", ()))
        references = [r.values["external_id"] for r in rows if "external_id" in r.values]
        # The rows stay as they are: they may come again one by one.
        rows = [replace(row, values=dict(row.values)) for row in rows]
        further = [_take_further(row.values) for row in rows]
        emails = [email_key(row.values.get("email", "")) for row in rows]
        known = dict(
            Contact.objects.filter(
                external_source=self.source, external_id__in=references
            ).values_list("external_id", "pk")
        )
        by_email = Contact.objects.active().by_emails([key for key in emails if key])
        drafts: list[dict[str, Any]] = []
        beside: list[list[tuple[str, str]]] = []
        written: dict[int, list[tuple[str, str]]] = {}
        tagged: dict[int, list[int]] = {}
        for row, email, others in zip(rows, emails, further, strict=True):
            values = self._contact_values(row)
            pk = known.get(values.get("external_id", "")) or by_email.get(email)
            if pk is None:
                drafts.append(values)
                beside.append(others)
            else:
                self._note_contact(pk, values)
                tagged[pk] = [*tagged.get(pk, ()), *values.get("tags", ())]
                written.setdefault(pk, []).extend(others)
        if self.rehearsal:
            self.report.made["contacts"] += len(drafts)
            for values in drafts:
                self._note_contact(imagined_id(), values)
            return
        made = create_contacts(drafts=drafts, by=None)
        self.report.made["contacts"] += len(made)
        for contact, values, others in zip(made, drafts, beside, strict=True):
            self._note_contact(contact.pk, values)
            written[contact.pk] = others
        self._tag(Contact, tagged)
        written = {pk: others for pk, others in written.items() if others}
        if written:
            add_further(model=Contact, written=written, by=None)

    def _tag(self, model: type[Any], tagged: dict[int, list[int]]) -> None:
        """Put tags on records that were there already."""
        wanted = {pk: tags for pk, tags in tagged.items() if tags}
        if wanted and not self.rehearsal:
            lock(model._default_manager.filter(pk__in=wanted))
            put_tags(model, wanted)

    def _tags_of(self, row: ReadRow) -> dict[str, list[int]]:
        """The tags of a row, as a value of its record; nothing where the file says nothing."""
        names = row.values.get("tags", ())
        return {"tags": [self.registers.tags.id_of(name) for name in names]} if names else {}

    def _contact_values(self, row: ReadRow) -> dict[str, Any]:
        wanted = ("name", "email", "phone", "mobile", "job_title")
        values = {name: row.values[name] for name in wanted if name in row.values}
        values.setdefault("name", row.values.get("email", ""))
        values |= self._tags_of(row)
        if "external_id" in row.values:
            values["external_id"] = row.values["external_id"]
            values["external_source"] = self.source
        company = self.registers.companies_by_reference.get(row.values.get("company_id", ""))
        if company is None and "company" in row.values:
            company = self.registers.companies.id_of(row.values["company"])
        if company is not None:
            values["company"] = company
        return values

    def _note_contact(self, pk: int, values: dict[str, Any]) -> None:
        self.registers.contacts_by_name.setdefault(fold(values["name"]), pk)
        if "external_id" in values:
            self.registers.contacts_by_reference[values["external_id"]] = pk


def _take_further(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Take all but the first address and number out of cells that hold several."""
    found: list[tuple[str, str]] = []
    for name, kind in (("email", "email"), ("phone", "phone"), ("mobile", "phone")):
        if name in values:
            values[name], *others = split_several(values[name], _READ[kind])
            found += [(kind, other) for other in others]
    return found


_READ: dict[str, Callable[[str], str]] = {
    "email": email_key,
    "phone": lambda text: phone_key(text, settings.DEFAULT_COUNTRY),
}


def _differing(record: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Those of `values` that the record does not have."""
    changed = {}
    for name, value in values.items():
        attname = record._meta.get_field(name).attname
        if getattr(record, attname) != value:
            changed[name] = value
    return changed


def _set_parents(
    pairs: Sequence[tuple[int, int]], register: Register, report: ImportReport, rehearsal: bool
) -> None:
    known = dict(
        Company.objects.filter(pk__in=[child for child, _above in pairs if child > 0]).values_list(
            "pk", "parent"
        )
    )
    by_parent: dict[int, list[int]] = {}
    for child, above in pairs:
        if known.get(child) != above:
            by_parent.setdefault(above, []).append(child)
    if rehearsal:
        return
    for above, children in by_parent.items():
        try:
            update_companies(companies=children, values={"parent": above}, by=None)
        except ServiceError as error:
            report.notes.append(error.message)


__all__ = ["LookupImport"]
