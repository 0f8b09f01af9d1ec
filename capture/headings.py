"""Which heading of a file is which field, whose file it is, and what its rows are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from django.utils.translation import gettext as _

from capture.csvfile import CsvFile
from capture.synonyms import SYNONYMS, Subject, entered_stage, heading_key
from core.errors import Refused
from core.folding import fold


class BadOption(Refused):
    """An option that cannot be meant: an unknown pipeline, field or column."""


class Origin(StrEnum):
    """The program that a file comes from."""

    CSV = "csv"
    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"
    ZOHO = "zoho"
    ODOO = "odoo"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Headings that tell a program, by their key. Two of them are needed.
_TELLTALES: Mapping[Origin, frozenset[str]] = {
    Origin.SALESFORCE: _words(
        "isdeleted systemmodstamp masterrecordid accountid stagename forecastcategory"
        " forecastcategoryname currencyisocode isconverted numberofemployees opportunityowner"
        " fiscalperiod ownerrole companyaccount recordtypeid lastmodifiedbyid jigsaw"
    ),
    Origin.HUBSPOT: _words(
        "recordid dealstage dealname lifecyclestage contactowner companyowner dealowner"
        " associatedcompany associatedcontact associateddeal companydomainname originalsource"
        " originaltrafficsource associatedcompanyids associatedcontactids"
    ),
    Origin.ZOHO: _words(
        "leadownerid accountnameid closingdate createdbyid modifiedbyid parentidid noteownerid"
        " taxtypes createdtime modifiedtime emailoptout recordid parentmodule changelogtime"
    ),
    Origin.ODOO: _words(
        "stageid userid teamid partnerid partnername emailfrom datedeadline lostreasonid tagids"
        " expectedclosing expectedrevenue salesperson salesteam createdon contactnamepartner"
        " activitystate"
    ),
}
_PREFIX = re.compile(
    r"^(?P<entity>Deal|Lead|Person|Organization|Organisation|Product|Activity) - (?P<label>.+)$"
)
_PREFIX_SUBJECT = {
    "Deal": Subject.LEAD,
    "Lead": Subject.LEAD,
    "Person": Subject.CONTACT,
    "Organization": Subject.COMPANY,
    "Organisation": Subject.COMPANY,
    "Product": Subject.PRODUCT,
    "Activity": Subject.OTHER,
}
#: How much a field says that the rows are leads.
_LEAD_WEIGHT = {
    "stage": 4,
    "expected_revenue": 3,
    "title": 2,
    "close_date": 2,
    "expected_close": 2,
    "status": 1,
    "lost_reason": 1,
    "is_won": 2,
    "won_at": 1,
    "pipeline": 1,
    "created_at": 1,
}
#: Fields that a list of companies, products or people has not.
_OF_LEADS = frozenset({"title", "expected_revenue", "last_name", "email", "close_date"})
#: Headings that only one kind of file has, by key.
_MARKS: Mapping[Subject, frozenset[str]] = {
    Subject.COMPANY: _words(
        "companydomainname billingstreet parentid subsidiaryof accountsource sic accounttype"
        " companyowner tickersymbol sector yearestablished industry numberofemployees"
    ),
    Subject.PRODUCT: _words(
        "salesprice listprice unitprice productcode sku prixdevente series price"
    ),
    Subject.USER: _words(
        "username profileid userroleid regionaloffice manager usertype federationidentifier"
    ),
    Subject.CONTACT: _words(
        "mailingstreet reportstoid assistantname birthdate mailingcity homephone"
        " lifecyclestage contactowner associateddeal associateddealids"
    ),
    Subject.OTHER: _words(
        "whoid whatid whocount activitydatetime durationinminutes isalldayevent content"
        " noteispinnedtodeal notecontent noteowner parentmodule fromopportunitystagename"
        " prevopportunitystageupdate calltitle callnotes callduration filename size"
        " tasksubtype calldisposition noteispinnedtoperson validthroughdate"
    ),
}


@dataclass(slots=True)
class Match:
    """The columns of a file: place to field, and the places that mean nothing to us."""

    subject: Subject
    fields: dict[int, str] = field(default_factory=dict)
    unknown: list[int] = field(default_factory=list)

    def place_of(self, name: str) -> int | None:
        """The column of a field."""
        return next((place for place, known in self.fields.items() if known == name), None)


@cache
def _vocabulary(subject: Subject) -> dict[str, tuple[str, int]]:
    """Heading key to field and rank among the field's headings."""
    words: dict[str, tuple[str, int]] = {}
    for name, synonyms in SYNONYMS[subject].items():
        words.setdefault(heading_key(name.rpartition(".")[2]), (name, 0))
        for rank, synonym in enumerate(synonyms.split(",")):
            words[heading_key(synonym)] = (name, rank)
    return words


def origin_of(headings: Sequence[str]) -> Origin:
    """The program that wrote these headings; CSV when nothing tells."""
    if sum(bool(_PREFIX.match(heading)) for heading in headings) >= 2:
        return Origin.PIPEDRIVE
    keys = {heading_key(heading) for heading in headings}
    dotted = sum(heading.endswith(".id") for heading in headings)
    scores = {origin: len(keys & marks) for origin, marks in _TELLTALES.items()}
    scores[Origin.ZOHO] += 2 * dotted
    best = max(scores, key=lambda origin: scores[origin])
    return best if scores[best] >= 2 else Origin.CSV


def match(headings: Sequence[str], subject: Subject, given: Mapping[str, str]) -> Match:
    """Find the field of each heading. `given` says it for some (heading key to field).

    Of several columns that mean one field the best known heading wins, then the first.
    """
    found = Match(subject)
    vocabulary = _vocabulary(subject)
    best: dict[str, tuple[int, int]] = {}
    keys = {heading_key(heading) for heading in headings}
    for place, heading in enumerate(headings):
        key = heading_key(heading)
        if key in given and heading:
            if subject is Subject.LEAD or _short(given[key], subject):
                best[_short(given[key], subject) or given[key]] = (-1, place)
            continue
        name, rank = _field_of(heading, subject, vocabulary, keys)
        if name and (name not in best or rank < best[name][0]):
            best[name] = (rank, place)
    for name, (_rank, place) in best.items():
        found.fields[place] = name
    found.unknown = [
        place for place, heading in enumerate(headings) if heading and place not in found.fields
    ]
    return found


def _short(target: str, subject: Subject) -> str:
    """The field of a lookup file that `--map` names as “company.city”; "" if it is another's."""
    if subject is Subject.LEAD:
        return target
    owner, _dot, name = target.partition(".")
    return name if owner == subject and name in SYNONYMS[subject] else ""


def _field_of(
    heading: str, subject: Subject, vocabulary: Mapping[str, tuple[str, int]], keys: set[str]
) -> tuple[str, int]:
    prefix = _PREFIX.match(heading)
    label = heading
    if prefix:
        label = prefix["label"]
        of_person = prefix["entity"] == "Person" and subject is Subject.LEAD
        if _PREFIX_SUBJECT.get(prefix["entity"]) is not subject and not of_person:
            return "", 0
        if of_person and heading_key(label) == "name":
            return "contact_name", 0
        if of_person and heading_key(label) == "owner":
            return "owner", 0
    if subject is Subject.LEAD:
        stage = entered_stage(heading)
        if stage:
            return f"entered:{stage}", 0
        if not prefix:
            special = _ambiguous(heading_key(heading), keys)
            if special is not None:
                return special, 0
    return vocabulary.get(heading_key(label), ("", 0))


def _ambiguous(key: str, keys: set[str]) -> str | None:
    """Headings whose meaning depends on their neighbours; None leaves them to the vocabulary."""
    of_people = bool(keys & {"lastname", "firstname", "nomdefamille", "prenom"})
    if key in {"title", "titre"} and of_people:
        return ""  # a job title
    if key == "name":
        return "contact_name" if of_people else "title"
    if key == "nom":
        return "last_name" if "prenom" in keys else "title"
    if key == "status" and "leadstatus" in keys:
        return ""
    if key == "campaignid" and "isdeleted" in keys:
        return ""  # an id, where others write the name
    if key == "status" and not keys & {"stage", "stagename", "dealstage", "leadstatus", "etape"}:
        return "stage"
    if key == "statut" and not keys & {"stage", "etape", "etapedelaffaire"}:
        return "stage"
    if key == "expectedrevenue" and "amount" in keys:
        return ""  # the amount times its probability
    if key in {"revenue", "annualrevenue"} and keys & {"title", "dealname", "opportunity"}:
        return None if key == "annualrevenue" or "amount" in keys else "expected_revenue"
    return None


def lead_weight(found: Match) -> int:
    """How much the columns of a file say that its rows are leads."""
    return sum(_LEAD_WEIGHT.get(name, 0) for name in found.fields.values())


def subject_of(headings: Sequence[str]) -> Subject:
    """What the rows of a file are."""
    entities = [
        _PREFIX_SUBJECT.get(prefix["entity"], Subject.LEAD)
        for heading in headings
        if (prefix := _PREFIX.match(heading))
    ]
    if entities:
        return max(set(entities), key=entities.count)
    keys = {heading_key(heading) for heading in headings}
    scores = {subject: len(keys & marks) for subject, marks in _MARKS.items()}
    if scores[Subject.OTHER] >= 2:
        return Subject.OTHER
    found = match(headings, Subject.LEAD, {})
    weight = lead_weight(found)
    if scores[Subject.CONTACT] >= 2 and found.place_of("expected_revenue") is None:
        return Subject.CONTACT
    best = max(scores, key=lambda subject: scores[subject])
    if scores[best] >= 2 and not set(found.fields.values()) & _OF_LEADS:
        return best
    if weight >= 4 or not scores[best]:
        return Subject.LEAD
    return best


def lead_fields() -> list[str]:
    """The names that `--map` knows."""
    names = list(SYNONYMS[Subject.LEAD])
    names += [f"{subject}.{name}" for subject in list(Subject)[1:] for name in SYNONYMS[subject]]
    return [name for name in dict.fromkeys(names) if not name.startswith("entered:")]


def field_known(heading: str) -> bool:
    """Whether a heading means a field of a lead that every installation has."""
    return bool(_field_of(heading, Subject.LEAD, _vocabulary(Subject.LEAD), set())[0])


def read_map(pairs: Sequence[str], custom: Mapping[str, str] | None = None) -> dict[str, str]:
    """`--map` arguments (“Column=field”) as heading key to field; an unknown field is refused.

    `custom` are what custom fields are called, folded, with their names.
    """
    known = set(lead_fields())
    called = custom or {}
    given: dict[str, str] = {}
    for pair in pairs:
        heading, equals, name = pair.rpartition("=")
        name = name.strip()
        if not equals or not heading.strip():
            raise BadOption(_("“%(pair)s” is not of the form Column=field.") % {"pair": pair})
        if name not in known and fold(name) in called:
            name = called[fold(name)]
        elif name not in known and not name.startswith("entered:"):
            raise BadOption(
                _("“%(name)s” is not a field. Known fields: %(known)s, entered:<stage>.")
                % {"name": name, "known": ", ".join(sorted(known | set(called.values())))}
            )
        given[heading_key(heading)] = name
    return given


def check_given(files: Sequence[CsvFile], given: Mapping[str, str]) -> None:
    """Refuse a `--map` of a column that no file has."""
    known = {heading_key(heading) for file in files for heading in file.headings}
    for key, name in given.items():
        if key not in known:
            headings = dict.fromkeys(h for file in files for h in file.headings if h)
            raise BadOption(
                _("No file has the column that is to be “%(field)s”. Columns: %(columns)s.")
                % {"field": name, "columns": ", ".join(headings)}
            )
