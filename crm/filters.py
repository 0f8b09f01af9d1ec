"""What lists of people and companies can be filtered by."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from core.filters import (
    ArchivedFilter,
    ChoicesFilter,
    DayFilter,
    Filters,
    FlagFilter,
    Ids,
    IdsFilter,
    MomentFilter,
    TextFilter,
    condition,
)
from core.folding import email_key, fold, phone_key, searched_words
from crm.models import (
    Company,
    Contact,
    CustomField,
    Membership,
    Product,
    SavedView,
    Tag,
    Target,
    Team,
    User,
)
from crm.models.people import Role
from crm.models.tagging import TAG_LINKS
from crm.periods import Period

OWNED = ("me", "none")


def named(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Records in whose folded name every word occurs; of very short ones, that begins so."""
    key = fold(text)
    words = searched_words(key)
    if not words:
        return queryset.filter(name_key__startswith=key) if key else queryset
    for word in words:
        queryset = queryset.filter(name_key__contains=word)
    return queryset


def _companies(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    everything = queryset.model._default_manager.all()
    domain = everything.filter(domain_key=fold(text).removeprefix("www.")).values("pk")
    return queryset.filter(pk__in=_named_or_reached(everything, text).union(domain, all=True))


def _contacts(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    return queryset.filter(pk__in=_named_or_reached(queryset.model._default_manager.all(), text))


def _named_or_reached(everything: Any, text: str) -> Any:
    """The ids of the records of this name, address or number; each way by its own index."""
    found = named(everything, text).order_by().values("pk")
    email, number = email_key(text), phone_key(text, settings.DEFAULT_COUNTRY)
    if email:
        return found.union(everything.reached_by("email", email), all=True)
    return found.union(everything.reached_by("phone", number), all=True) if number else found


def _with_email(queryset: QuerySet[Any], address: str) -> QuerySet[Any]:
    return queryset.with_email(address)  # type: ignore[attr-defined,no-any-return]


def _tagged(queryset: QuerySet[Any], value: Ids) -> QuerySet[Any]:
    link, name = TAG_LINKS[queryset.model], queryset.model._meta.model_name
    wanted: Any = Q(pk__in=link.objects.filter(tag__in=value.ids).values(name))
    if value.none:
        wanted |= ~Exists(link.objects.filter(**{str(name): OuterRef("pk")}))
    return queryset.filter(wanted)


def _users(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    return queryset.filter(Q(name__icontains=text) | Q(email__icontains=text.lower()))


def _of_teams(queryset: QuerySet[Any], value: Any) -> QuerySet[Any]:
    members = Membership.objects.filter(is_active=True)
    wanted: Any = Q(pk__in=members.filter(team__in=value.ids).values("user"))
    if value.none:
        wanted |= ~Q(pk__in=members.values("user"))
    return queryset.filter(wanted)


class CompanyFilters(Filters):
    """Filters of companies."""

    q = TextFilter(
        of=_companies, description="Words in the name, the domain, an e-mail address or number."
    )
    where = condition("crm.company")
    owner = IdsFilter("owner", words=OWNED)
    parent = IdsFilter("parent")
    tag = IdsFilter(of=_tagged, description="Companies with any of these tags.")
    domain = TextFilter("domain_key", description="The domain, such as `example.com`.")
    external_source = TextFilter("external_source", description="Where it was imported from.")
    external_id = TextFilter("external_id", description="Its id there.")
    archived = ArchivedFilter()
    created_from = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")
    updated_from = MomentFilter("updated_at", "gte")
    updated_before = MomentFilter("updated_at", "lt")

    class Meta:
        model = Company
        fields: list[str] = []


class ContactFilters(Filters):
    """Filters of contacts."""

    q = TextFilter(of=_contacts, description="Words in the name, an e-mail address or number.")
    where = condition("crm.contact")
    company = IdsFilter("company")
    owner = IdsFilter("owner", words=OWNED)
    tag = IdsFilter(of=_tagged, description="Contacts with any of these tags.")
    email = TextFilter(of=_with_email, description="The e-mail address, in any writing.")
    consent = ChoicesFilter("consent", choices=Contact.Consent.values)
    external_source = TextFilter("external_source", description="Where it was imported from.")
    external_id = TextFilter("external_id", description="Its id there.")
    archived = ArchivedFilter()
    created_from = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")
    updated_from = MomentFilter("updated_at", "gte")
    updated_before = MomentFilter("updated_at", "lt")

    class Meta:
        model = Contact
        fields: list[str] = []


class UserFilters(Filters):
    """Filters of users."""

    q = TextFilter(of=_users, description="Part of the name or address.")
    role = ChoicesFilter("role", choices=Role.values)
    active = FlagFilter("is_active", description="Whether they may log in.")
    team = IdsFilter(of=_of_teams, description="Active members of teams.")

    class Meta:
        model = User
        fields: list[str] = []


class TeamFilters(Filters):
    """Filters of teams."""

    leader = IdsFilter("leader", words=OWNED)
    parent = IdsFilter("parent")
    active = FlagFilter("is_active")

    class Meta:
        model = Team
        fields: list[str] = []


class MembershipFilters(Filters):
    """Filters of memberships."""

    team = IdsFilter("team", words=())
    user = IdsFilter("user", words=("me",))
    active = FlagFilter("is_active")

    class Meta:
        model = Membership
        fields: list[str] = []


class TargetFilters(Filters):
    """Filters of targets."""

    team = IdsFilter("team")
    user = IdsFilter("user", words=OWNED)
    metric = ChoicesFilter("metric", choices=Target.Metric.values)
    period = ChoicesFilter("period", choices=Period.values)
    currency = TextFilter("currency", description="Three capital letters, such as `EUR`.")
    starts_from = DayFilter("starts_on", "gte")
    starts_before = DayFilter("starts_on", "lt")

    class Meta:
        model = Target
        fields: list[str] = []


class ProductFilters(Filters):
    """Filters of products."""

    q = TextFilter(of=named, description="Words in the name.")
    code = TextFilter("code", description="The code, exactly.")
    active = FlagFilter("is_active")

    class Meta:
        model = Product
        fields: list[str] = []


class TagFilters(Filters):
    """Filters of tags."""

    q = TextFilter(of=named, description="Words in the name.")

    class Meta:
        model = Tag
        fields: list[str] = []


class NamedFilters(Filters):
    """Filters of sources, mediums and campaigns."""

    q = TextFilter(of=named, description="Words in the name.")
    active = FlagFilter("is_active")


class TouchFilters(Filters):
    """Filters of touches."""

    visitor = TextFilter("visitor", description="The visitor's token, exactly.")
    source = IdsFilter("source")
    medium = IdsFilter("medium")
    campaign = IdsFilter("campaign")
    at_from = MomentFilter("at", "gte")
    at_before = MomentFilter("at", "lt")


class CustomFieldFilters(Filters):
    """Filters of custom fields."""

    subject = ChoicesFilter("subject", choices=CustomField.Subject.values)
    active = FlagFilter("is_active")

    class Meta:
        model = CustomField
        fields: list[str] = []


class SavedViewFilters(Filters):
    """Filters of saved views."""

    place = TextFilter("place", description="`leads`, `contacts`, `companies` or `board`.")
    owner = IdsFilter("owner", words=("me",))
    team = IdsFilter("team")
    public = FlagFilter("is_public")

    class Meta:
        model = SavedView
        fields: list[str] = []
