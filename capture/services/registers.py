"""Records that a file names: found in one read a batch, made where they are missing.

In a rehearsal nothing is made: a missing record gets a negative number in place of its id, so that
all that follows decides as it would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import count
from typing import Any

from core.folding import text_key
from crm.models import Campaign, Company, Medium, Product, Source, Tag
from crm.services.companies import create_companies
from crm.services.products import get_or_make_products
from crm.services.sources import get_or_make_campaigns, get_or_make_mediums, get_or_make_sources
from crm.services.tags import get_or_make_tags
from pipeline.models import LostReason

#: Ids of what a rehearsal would make.
_imagined = count(-1, -1)


def imagined_id() -> int:
    """A number that no record has."""
    return next(_imagined)


@lru_cache(maxsize=20_000)
def key_of(model: type, name: str) -> str:
    """The folded key that a record of `model` has under a name, as long as its column holds.

    That of a product has no spaces: “GTXPro” and “GTX Pro” are one.
    """
    name = ("" if model is Product else " ").join(name.split())
    return text_key(name, model._meta.get_field("name_key").max_length)  # type: ignore[attr-defined]


@dataclass
class Register:
    """Names, and the ids of the records that bear them.

    `find` takes folded keys and returns `{key: (id, name)}`, `make` takes names by key and returns
    the same. `made` counts what was missing.
    """

    find: Callable[[Sequence[str]], Mapping[str, tuple[int, str]]]
    make: Callable[[Mapping[str, str]], Mapping[str, tuple[int, str]]]
    rehearsal: bool
    key: Callable[[str], str]
    known: dict[str, tuple[int, str]] = field(default_factory=dict)
    made: int = 0

    def learn(self, names: Iterable[str]) -> None:
        """See that every name has a record."""
        unknown: dict[str, str] = {}
        for name in names:
            key = self.key(name)
            if key and key not in self.known:
                unknown.setdefault(key, name)
        if not unknown:
            return
        self.known.update(self.find(list(unknown)))
        missing = {key: name for key, name in unknown.items() if key not in self.known}
        if not missing:
            return
        self.made += len(missing)
        if self.rehearsal:
            self.known.update({key: (imagined_id(), name) for key, name in missing.items()})
        else:
            self.known.update(self.make(missing))

    def id_of(self, name: str) -> int:
        """The id of a name that was learned."""
        return self.known[self.key(name)][0]

    def name_of(self, name: str) -> str:
        """The name as its record writes it; of a record that could not be made, as it is."""
        return self.known.get(self.key(name), (0, name))[1]


def _named(model: type, keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    # Of several with one name the oldest comes last and stays.
    rows = model._default_manager.filter(name_key__in=keys).order_by("-pk")  # type: ignore[attr-defined]
    return {key: (pk, name) for key, pk, name in rows.values_list("name_key", "pk", "name")}


def _companies(keys: Sequence[str]) -> dict[str, tuple[int, str]]:
    rows = Company.objects.active().filter(name_key__in=keys).order_by("-pk")
    return {key: (pk, name) for key, pk, name in rows.values_list("name_key", "pk", "name")}


def company_register(
    rehearsal: bool, details: Mapping[str, Mapping[str, object]] | None = None
) -> Register:
    """Companies by folded name; `details` gives further values for those that are made, by key."""
    details = details if details is not None else {}

    def make(names: Mapping[str, str]) -> dict[str, tuple[int, str]]:
        drafts = [{**details.get(key, {}), "name": name} for key, name in names.items()]
        made = create_companies(drafts=drafts, by=None)
        return {company.name_key: (company.pk, company.name) for company in made}

    return Register(_companies, make, rehearsal, partial(key_of, Company))


def _simple(model: type, service: Callable[..., Sequence[object]], rehearsal: bool) -> Register:
    def make(names: Mapping[str, str]) -> dict[str, tuple[int, str]]:
        made = service(names=list(names.values()), by=None)
        return {r.name_key: (r.pk, r.name) for r in made}  # type: ignore[attr-defined]

    return Register(partial(_named, model), make, rehearsal, partial(key_of, model))


def _make_reasons(*, names: Sequence[str], by: None) -> list[LostReason]:
    last = LostReason.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    return LostReason.objects.bulk_create(
        LostReason(name=name, sequence=min(last + 10 * place, 32_000))
        for place, name in enumerate(names, start=1)
    )


@dataclass
class Registers:
    """All kinds of records that leads name, but for people."""

    companies: Register
    products: Register
    sources: Register
    mediums: Register
    campaigns: Register
    tags: Register
    reasons: Register
    #: Further values of companies that the rows of leads carry, by folded name.
    details: dict[str, dict[str, object]]
    #: Ids of other programs to ids of ours, where a file or an earlier import tells.
    companies_by_reference: dict[str, int] = field(default_factory=dict)
    contacts_by_reference: dict[str, int] = field(default_factory=dict)
    contacts_by_name: dict[str, int] = field(default_factory=dict)

    def saved(self) -> dict[str, Any]:
        """The state to go back to when a batch is taken back."""
        return {
            name: replace(value, known=dict(value.known))
            if isinstance(value, Register)
            else value
            if name == "details"
            else dict(value)
            for name, value in vars(self).items()
        }

    def by_title(self) -> dict[str, Register]:
        """The registers by what they are called in a report."""
        return {
            "companies": self.companies,
            "products": self.products,
            "sources": self.sources,
            "mediums": self.mediums,
            "campaigns": self.campaigns,
            "tags": self.tags,
            "lost_reasons": self.reasons,
        }


def make_registers(rehearsal: bool) -> Registers:
    """Empty registers."""
    details: dict[str, dict[str, object]] = {}
    return Registers(
        companies=company_register(rehearsal, details),
        products=_simple(Product, get_or_make_products, rehearsal),
        sources=_simple(Source, get_or_make_sources, rehearsal),
        mediums=_simple(Medium, get_or_make_mediums, rehearsal),
        campaigns=_simple(Campaign, get_or_make_campaigns, rehearsal),
        tags=_simple(Tag, get_or_make_tags, rehearsal),
        reasons=_simple(LostReason, _make_reasons, rehearsal),
        details=details,
    )
