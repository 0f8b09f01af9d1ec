"""What the pages of a contact and of a company show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import dates
from core.errors import NotFound
from core.ledger.tables import Change
from core.money import format_number
from core.telling import Entry, entries
from crm.customwords import CustomWords
from crm.models import Company, Contact, ContactPoint, CustomField, Tag, User
from crm.reach import Way, ways_of

#: Changes shown at once.
HISTORY_PAGE = 25
#: People and companies shown on a company's page; the list has the rest.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as it is printed; `url` when it leads somewhere, `copies` when it can be copied."""

    label: str
    value: str
    url: str = ""
    icon: str = ""
    copies: bool = False


@dataclass(frozen=True)
class RecordPage:
    """The page of a contact or company; panels of upper floors read from it. `is_deep` has a
    company's page tell of the companies below it as well."""

    record: Any
    user: User
    facts: Sequence[Fact]
    is_deep: bool = False

    @cached_property
    def tree(self) -> Sequence[int]:
        """The ids of the companies that a company's page tells of, its own first."""
        if not self.is_deep:
            return [self.record.pk]
        return Company.objects.visible_to(self.user).active().tree_of(self.record.pk)

    @cached_property
    def may_change(self) -> bool:
        """Whether the person may edit the record."""
        if self.user.is_manager:
            return True
        records = type(self.record).objects.changeable_by(self.user)
        return bool(records.filter(pk=self.record.pk).exists())

    @cached_property
    def ways(self) -> Sequence[Way]:
        """By what the record is reached."""
        return ways_of(self.record)

    @cached_property
    def tags(self) -> Sequence[Tag]:
        """The words that the record is marked with."""
        return sorted(self.record.tags.all(), key=lambda tag: tag.name_key)

    @cached_property
    def people(self) -> Sequence[Contact]:
        """Whom we know at a company: one more than are shown, if there are more."""
        found = Contact.objects.visible_to(self.user).active().filter(company__in=self.tree)
        if self.is_deep:
            found = found.select_related("company")
        return list(found.order_by("name_key", "pk")[: SHOWN + 1])

    @cached_property
    def branches(self) -> Sequence[Company]:
        """The companies below a company."""
        found = Company.objects.visible_to(self.user).active().filter(parent=self.record)
        return list(found.order_by("name_key", "pk")[: SHOWN + 1])

    @cached_property
    def above(self) -> Sequence[Company]:
        """The companies above a company, the highest first, as far as the person sees them."""
        chain: list[Company] = []
        seen, key = {self.record.pk}, self.record.parent_id
        visible = Company.objects.visible_to(self.user)
        while key is not None and key not in seen and len(chain) < SHOWN:
            seen.add(key)
            company = visible.filter(pk=key).first()
            if company is None:
                break
            chain.insert(0, company)
            key = company.parent_id
        return chain


def _of_page(model: Any, user: User) -> Any:
    return model.objects.visible_to(user).for_list().prefetch_related("points", "tags")


def visible_contact(user: User, pk: int) -> Contact:
    """A contact with what its page names; NotFound when it is out of sight."""
    found: Contact | None = _of_page(Contact, user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such contact."))
    return found


def visible_company(user: User, pk: int) -> Company:
    """A company with what its page names; NotFound when it is out of sight."""
    found: Company | None = _of_page(Company, user).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("There is no such company."))
    return found


def contact_page(user: User, pk: int) -> RecordPage:
    """The page of a contact."""
    contact = visible_contact(user, pk)
    company = contact.company
    seen = company is not None and Company.objects.visible_to(user).filter(pk=company.pk).exists()
    facts = [
        Fact(
            _("Company"),
            company.name if company is not None else "",
            company.get_absolute_url() if company is not None and seen else "",
        ),
        Fact(_("Job title"), contact.job_title),
        Fact(_("Language"), language_name(contact.language)),
        Fact(_("Consent"), consent_text(contact)),
        Fact(_("Owner"), str(contact.owner or "–")),
        *kept_facts(contact),
    ]
    return RecordPage(contact, user, [fact for fact in facts if fact.value])


def company_page(user: User, pk: int) -> RecordPage:
    """The page of a company."""
    company = visible_company(user, pk)
    language = get_language() or "en"
    place = " ".join(part for part in (company.postal_code, company.city) if part)
    address = ", ".join(part for part in (company.street, place, company.country) if part)
    employees, revenue = company.employees, company.annual_revenue
    facts = [
        Fact(_("Website"), company.website, company.website),
        Fact(_("Domain"), company.domain),
        Fact(_("Address"), address),
        Fact(_("Industry"), company.industry),
        Fact(_("Employees"), "" if employees is None else format_number(employees, language)),
        Fact(_("Annual revenue"), "" if revenue is None else format_number(revenue, language)),
        Fact(_("Owner"), str(company.owner or "–")),
        *kept_facts(company),
    ]
    return RecordPage(company, user, [fact for fact in facts if fact.value])


def language_name(code: str) -> str:
    """The name of a language in the reader's own."""
    from crm.recordforms import languages

    return str(dict(languages(code)).get(code, "")) if code else ""


def consent_text(contact: Contact) -> str:
    """Whether a person may be written to, since when and through what."""
    parts = [Contact.Consent(contact.consent).label, dates.day(contact.consent_at)]
    return " · ".join(str(part) for part in (*parts, contact.consent_source) if part)


def kept_facts(record: Contact | Company) -> list[Fact]:
    """Custom fields, and where a record comes from."""
    facts = []
    if record.custom:
        fields = CustomField.objects.filter(subject=record._meta.label_lower)
        words = CustomWords(fields.order_by("sequence", "id"))
        words.learn({key: [value] for key, value in record.custom.items()})
        facts += [
            Fact(field.label, words.text(key, record.custom[key]))
            for key, field in words.definitions.items()
            if record.custom.get(key) is not None
        ]
    facts.append(Fact(_("Created"), dates.day(record.created_at)))
    if record.external_id:
        source = f" ({record.external_source})" if record.external_source else ""
        facts.append(Fact(_("External id"), f"{record.external_id}{source}"))
    return facts


@dataclass(frozen=True, slots=True)
class About:
    """What a change was of, where that is not the record of the page itself."""

    title: str
    url: str


#: What happened elsewhere and belongs to a record, or to those of the ids that are told of with it:
#: by kind of record the ids, each with what it is about, as far as the person sees it.
Elsewhere = Callable[[Any, Any, Sequence[int]], Mapping[Any, Mapping[int, About]]]

_elsewhere: list[Elsewhere] = []


def register_elsewhere(read: Elsewhere) -> None:
    """Let the history of contacts and companies tell what happened to records of an upper floor."""
    if read not in _elsewhere:
        _elsewhere.append(read)


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of the history; `about` names the lead on which it happened."""

    entry: Entry
    about: About | None


@dataclass(frozen=True, slots=True)
class History:
    """A page of what happened to a record, newest first; `more` is where it goes on. `is_wide`
    tells whether what happened elsewhere is in it, `is_deep` the companies below."""

    items: list[Happened]
    more: int | None
    is_wide: bool
    is_deep: bool = False


def history_of(
    page: RecordPage,
    *,
    offer_undo: bool,
    before: int | None = None,
    here_only: bool = False,
) -> History:
    """What happened to a record and, unless `here_only`, on its leads; on a deep page also to the
    companies below it. What happened elsewhere is undone there, where one sees what it is of."""
    record, user = page.record, page.user
    own = record._meta.label_lower
    of = Q(record_type=own, record_id=record.pk)
    points = [point.pk for point in record.points.all()]
    if points:
        of |= Q(record_type=ContactPoint._meta.label_lower, record_id__in=points)
    about: dict[tuple[str, int], About] = {}
    if page.is_deep:
        below = Company.objects.filter(pk__in=page.tree[1:])
        about = {(own, each.pk): About(each.name, each.get_absolute_url()) for each in below}
        of |= Q(record_type=own, record_id__in=page.tree[1:])
    known: dict[Any, dict[int, str]] = {type(record): {record.pk: str(record)}}
    for read in () if here_only else _elsewhere:
        for model, found in read(record, user, page.tree).items():
            if not found:
                continue
            label = model._meta.label_lower
            of |= Q(record_type=label, record_id__in=list(found))
            about |= {(label, pk): each for pk, each in found.items()}
    changes = Change.objects.filter(of).select_related("cause__actor").order_by("-id")
    if before is not None:
        changes = changes.filter(pk__lt=before)
    rows = list(changes[: HISTORY_PAGE + 1])
    more = rows[HISTORY_PAGE - 1].pk if len(rows) > HISTORY_PAGE else None
    told = entries(rows[:HISTORY_PAGE], user, offer_undo=offer_undo, known=known)
    items = []
    for change, entry in zip(rows, told, strict=False):
        elsewhere = about.get((change.record_type, change.record_id))
        items.append(Happened(replace(entry, can_undo=False) if elsewhere else entry, elsewhere))
    return History(items, more, not here_only, page.is_deep)
