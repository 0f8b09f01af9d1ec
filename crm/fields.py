"""What conditions may ask of contacts and companies, and of every record's custom fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import lazystr
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.conditions import records, types
from core.conditions.columns import AnyOf
from core.conditions.customcolumns import (
    JsonColumn,
    JsonDay,
    JsonDecimal,
    JsonOptions,
    JsonText,
    JsonYesNo,
)
from core.conditions.declaring import Declarer, prefixed
from core.conditions.fields import Field, declare, declare_teams, provide
from core.conditions.times import Date, DateTime, IsoDate
from core.folding import (
    CUSTOM_KEY_LENGTH,
    custom_keys,
    domain_key,
    email_key,
    fold,
    phone_key,
    text_key,
)

if TYPE_CHECKING:
    from crm.models import CustomField, User

EMAIL = types.Email(lambda text: email_key(text) or fold(text))
UPPER = types.Code(lambda text: text.strip().upper())
LOWER = types.Code(lambda text: text.strip().lower())
USER = records.User("crm.user")
MOST_EMPLOYEES = 2**31 - 1


def dial(number: str) -> str:
    """The key of a phone number; what is no number is compared as text."""
    return phone_key(number, settings.DEFAULT_COUNTRY)


def of_company(label: Any) -> Any:
    """The label of a company's field on a record that points to it."""
    return format_lazy("{label} ({company})", label=label, company=_("company"))


def company_facts() -> list[Field]:
    """The fields of a company that records pointing to it may ask about too."""
    from crm.models import Company

    company = Declarer(Company)
    return [
        company.text("name"),
        company.text("domain", make=domain_key),
        company.text("industry"),
        company.plain("employees", types.Number(lowest=0, highest=MOST_EMPLOYEES, places=0)),
        company.plain("annual_revenue", types.money()),
        company.text("postal_code"),
        company.text("city"),
        company.text("country"),
        company.plain("owner", USER),
    ]


def any_of(model: Any, kind: str, columns: tuple[str, ...]) -> AnyOf:
    """The addresses or numbers of a record, main and further."""
    from crm.models import ContactPoint

    return AnyOf(columns, ContactPoint, model._meta.model_name, "key", "points", kind=kind)


def reached(model: Any, emails: tuple[str, ...], phones: tuple[str, ...]) -> list[Field]:
    """The fields that ask for any address, and for any number, of a record."""
    return [
        Field("any_email", _("any e-mail"), EMAIL, any_of(model, "email", emails)),
        Field(
            "any_phone",
            _("any phone"),
            types.Text(lambda text: dial(text) or fold(text)),
            any_of(model, "phone", phones),
        ),
    ]


def register() -> None:
    """Declare contacts, companies, custom fields and what "my teams" means."""
    from crm.models import Company, Contact, CustomField

    company, contact = Declarer(Company), Declarer(Contact)
    declare(
        "crm.company",
        [
            *company_facts(),
            company.text("phone", make=dial),
            company.members("tags", records.Records("crm.tag")),
            *reached(Company, (), ("phone_key",)),
            company.plain("website", types.LongText()),
            company.plain("parent", records.Record("crm.company")),
            *(company.plain(name, DateTime()) for name in DATES),
        ],
    )
    declare(
        "crm.contact",
        [
            contact.text("name"),
            contact.text("job_title"),
            contact.text("email", EMAIL, email_key),
            contact.text("phone", make=dial),
            contact.text("mobile", make=dial),
            contact.members("tags", records.Records("crm.tag")),
            *reached(Contact, ("email_key",), ("phone_key", "mobile_key")),
            contact.plain("language", LOWER),
            contact.choice("consent"),
            contact.plain("consent_at", DateTime()),
            contact.plain("company", records.Record("crm.company")),
            contact.plain("owner", USER),
            *(contact.plain(name, DateTime()) for name in DATES),
            *prefixed("company", company_facts(), record_type="crm.company", label=of_company),
        ],
    )
    for subject in CustomField.Subject:
        provide(subject.value, "custom", custom_provider(subject.value))
    declare_teams(teams_of=teams_of, mates_of=mates_of)


DATES = ("created_at", "updated_at", "archived_at")


def teams_of(user: User) -> list[int]:
    """The ids of a person's teams."""
    from crm.models import Team

    return list(Team.objects.of(user).order_by("pk").values_list("pk", flat=True))


def mates_of(user: User) -> list[int]:
    """The ids of everyone in a person's teams, leaders and the person among them."""
    from crm.models import Membership, Team

    teams = teams_of(user)
    members = Membership.objects.filter(team__in=teams, is_active=True)
    leaders = Team.objects.filter(pk__in=teams, leader__isnull=False)
    return sorted(
        {
            user.pk,
            *members.values_list("user", flat=True),
            *leaders.values_list("leader", flat=True),
        }
    )


def custom_provider(subject: str) -> Callable[[], Iterable[Field]]:
    """A provider of the active custom fields of a record type, read when they are asked for."""

    def provider() -> Iterable[Field]:
        from crm.models import CustomField

        rows = CustomField.objects.filter(subject=subject, is_active=True)
        return [custom_field(row) for row in rows.order_by("sequence", "id")]

    return provider


def custom_field(row: CustomField) -> Field:
    """A custom field as conditions see it; its canonical values are those of crm.customvalues."""
    key = row.key
    kind, column = _custom_type(row)
    if row.type == "text":
        return Field(
            f"custom.{key}",
            lazystr(row.label),
            kind,
            column,
            lambda state, lookup: custom_keys(state.get("custom") or {}).get(key),
        )
    return Field(
        f"custom.{key}",
        lazystr(row.label),
        kind,
        column,
        lambda state, lookup: column.typed((state.get("custom") or {}).get(key)),
    )


def _custom_type(row: CustomField) -> tuple[types.Type, JsonColumn | JsonOptions]:
    key = row.key
    options = [(str(option["id"]), str(option["label"])) for option in row.options]
    most = 10**15 - 1
    match row.type:
        case "text":
            kind = types.Text(lambda text: text_key(text, CUSTOM_KEY_LENGTH))
            return kind, JsonText("custom_keys", key)
        case "number":
            number = types.Number(lowest=-most, highest=most, places=15)
            return number, JsonDecimal("custom", key)
        case "money":
            return types.money(), JsonDecimal("custom", key)
        case "date":
            return IsoDate(), JsonDay("custom", key)
        case "choice":
            return types.Choice(lambda: options), JsonText("custom", key)
        case "choices":
            return types.Choices(lambda: options), JsonOptions("custom", key)
        case "yes_no":
            return types.YesNo(), JsonYesNo("custom", key)
        case "user":
            return USER, JsonDecimal("custom", key)
    return records.Record("crm.company"), JsonDecimal("custom", key)


__all__ = ["EMAIL", "UPPER", "USER", "Date", "company_facts", "of_company", "register"]
