"""Making one contact or company of several that are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.dates import day
from core.errors import Conflict, NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from core.ledger.writing import lock, save_locked
from core.merging import (
    MOST,
    Choice,
    Group,
    choose,
    merged_into,
    move_dependants,
    reference_to,
    set_value,
    value_of,
)
from crm.customwords import RECORDS, custom_text
from crm.models import Company, Contact, CustomField
from crm.services.points import keep_beside, main_values
from crm.services.rights import locked_for_change

if TYPE_CHECKING:
    from crm.models import User

CONTACT_GROUPS = (
    Group("name", gettext_lazy("Name"), ("name",)),
    Group("company", gettext_lazy("Company"), ("company_id",)),
    Group("job_title", gettext_lazy("Job title"), ("job_title",)),
    Group("email", gettext_lazy("E-mail"), ("email",)),
    Group("phone", gettext_lazy("Phone"), ("phone",)),
    Group("mobile", gettext_lazy("Mobile"), ("mobile",)),
    Group("language", gettext_lazy("Language"), ("language",)),
    Group(
        "consent",
        gettext_lazy("Consent"),
        ("consent", "consent_at", "consent_source"),
        rule="consent",
    ),
    Group("owner", gettext_lazy("Owner"), ("owner_id",)),
    Group("external", gettext_lazy("External id"), ("external_id", "external_source")),
)
COMPANY_GROUPS = (
    Group("name", gettext_lazy("Name"), ("name",)),
    Group("domain", gettext_lazy("Domain"), ("domain",)),
    Group("website", gettext_lazy("Website"), ("website",)),
    Group("phone", gettext_lazy("Phone"), ("phone",)),
    Group(
        "address",
        gettext_lazy("Address"),
        ("street", "postal_code", "city", "country"),
    ),
    Group("industry", gettext_lazy("Industry"), ("industry",)),
    Group("employees", gettext_lazy("Employees"), ("employees",)),
    Group("annual_revenue", gettext_lazy("Annual revenue"), ("annual_revenue",)),
    Group("parent", gettext_lazy("Parent company"), ("parent_id",)),
    Group("owner", gettext_lazy("Owner"), ("owner_id",)),
    Group("external", gettext_lazy("External id"), ("external_id", "external_source")),
)


def check_number(ids: Sequence[int]) -> list[int]:
    """The ids without those said twice; Refused when they are fewer than two or more than MOST."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) < 2:
        raise Refused(_("Choose at least two records to merge."))
    if len(wanted) > MOST:
        raise Refused(_("At most %d records are merged at once.") % MOST)
    return wanted


def check_not_merged(model: Any, ids: Sequence[int], found: Sequence[Any], by: User) -> None:
    """Refuse with the name of the record into which one of `ids` was merged, if `by` sees it."""
    known = {record.pk for record in found}
    for pk in ids:
        into = None if pk in known else merged_into(model, pk)
        record = model.objects.visible_to(by).filter(pk=into).first() if into else None
        if record is not None:
            raise Refused(_("One of these records was merged into “%s” already.") % record)


def check_versions(records: Sequence[Any], versions: Mapping[int, int]) -> None:
    """Refuse when a record is not as it was when somebody chose among its values."""
    for record in records:
        if versions.get(record.pk, record.version) != record.version:
            message = _("“%s” was changed meanwhile. Look at the values again.") % record
            raise Conflict(message)


def ranked(records: Sequence[Any]) -> list[Any]:
    """The best first: active before archived, then the one that was changed last."""
    return sorted(
        records, key=lambda each: (each.archived_at is None, each.updated_at, each.pk), reverse=True
    )


def with_head(records: Sequence[Any], head: int | None) -> list[Any]:
    """Records with the one of id `head` first; the others in their order."""
    return sorted(records, key=lambda record: record.pk != head)


def custom_groups(model: type[models.Model]) -> list[Group]:
    """A group for each custom field of a kind of record."""
    fields = CustomField.objects.filter(subject=model._meta.label_lower, is_active=True)
    return [
        Group(f"custom.{row.key}", row.label, (f"custom.{row.key}",))
        for row in fields.order_by("sequence", "id")
    ]


class Words:
    """Values of records in words; the names behind custom fields are read once."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        rows = CustomField.objects.filter(subject=model._meta.label_lower)
        self.customs = {f"custom.{row.key}": row for row in rows}

    def __call__(self, record: Any, group: Group) -> str:
        """What a record has of a group; "" for nothing."""
        if group.name == "external":
            return str(record.external_id)
        parts = (self._text(record, name) for name in group.fields)
        return " · ".join(part for part in parts if part)

    def _text(self, record: Any, name: str) -> str:
        value = value_of(record, name)
        if value is None or value == "":
            return ""
        custom = self.customs.get(name)
        if custom is not None:
            related = RECORDS.get(custom.type)
            if related is not None:
                return str(related._default_manager.filter(pk=value).first() or "")
            return custom_text(custom, value)
        column: Any = self.model._meta.get_field(name.removesuffix("_id"))
        if column.is_relation:
            return str(getattr(record, column.name))
        if column.choices:
            return str(getattr(record, f"get_{name}_display")())
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(column, models.DateField):
            return day(value)
        return str(value)


def groups_of(model: type[models.Model]) -> list[Group]:
    """What of contacts or companies is chosen."""
    fixed = CONTACT_GROUPS if model is Contact else COMPANY_GROUPS
    return [*fixed, *custom_groups(model)]


def plan(model: Any, records: Sequence[Any], choices: Mapping[str, str]) -> list[Choice]:
    """What the head of `records`, the first, gets of each group. A withdrawn consent wins."""
    asked = dict(choices)
    refusing = (each.pk for each in records if getattr(each, "consent", "") == "withdrawn")
    giving = (each.pk for each in records if getattr(each, "consent", "") == "given")
    strictest = next(refusing, None) or next(giving, None)
    if strictest is not None:
        asked.setdefault("consent", str(strictest))
    return choose(records, groups_of(model), Words(model), asked)


def read_merge(*, model: Any, ids: Sequence[int], by: User, head: int | None = None) -> list[Any]:
    """The records that somebody wants to merge, the best or `head` first; as far as they may."""
    wanted = check_number(ids)
    found = list(model.objects.visible_to(by).filter(pk__in=wanted).for_list())
    if len(found) < len(wanted):
        check_not_merged(model, wanted, found, by)
        raise NotFound(_("There is no such record."))
    return with_head(ranked(found), head)


def merge_contacts(**arguments: Any) -> Contact:
    """Make one contact of several; see `merge_owned`."""
    merged: Contact = merge_owned(model=Contact, **arguments)
    return merged


def merge_companies(**arguments: Any) -> Company:
    """Make one company of several; see `merge_owned`."""
    merged: Company = merge_owned(model=Company, **arguments)
    return merged


def merge_owned(
    *,
    model: Any,
    ids: Sequence[int],
    by: User | None,
    head: int | None = None,
    choices: Mapping[str, str] | None = None,
    versions: Mapping[int, int] | None = None,
) -> Any:
    """Make one record of several: `head`, else the best one, takes what wins and all that hangs on
    the others, which are deleted. One cause of its own, whose undo brings all of it back.

    `choices` maps a group to the id whose values win; `versions` are those that were compared.
    """
    wanted = check_number(ids)
    with transaction.atomic():
        records = with_head(ranked(locked_for_change(model, wanted, by)), head)
        check_versions(records, versions or {})
        first, tails = records[0], records[1:]
        values = plan(model, records, choices or {})
        mains = [main for record in records for main in main_values(record)]
        with because(
            Kind.MERGE, by=by, label=merge_label(first, len(records)), reference=reference_to(first)
        ):
            _move_custom(model, first, tails)
            move_dependants(first, tails)
            first = lock(model.objects.filter(pk=first.pk))[0]
            model.objects.filter(pk__in=[tail.pk for tail in tails]).delete()
            apply(first, values)
            if model is Company:
                _keep_out_of_circles(first, {tail.pk for tail in tails})
            try:
                save_locked([first])
            except IntegrityError as error:
                raise Conflict(
                    _("Somebody else changed one of these records meanwhile.")
                ) from error
            # What lost its column to another's is kept beside it.
            keep_beside([first], {first.pk: mains})
    return first


def merge_label(head: Any, number: int) -> str:
    """What a merge did, in words."""
    return ngettext(
        "%(n)d record merged into “%(name)s”", "%(n)d records merged into “%(name)s”", number - 1
    ) % {"n": number - 1, "name": head}


def apply(head: Any, choices: Sequence[Choice]) -> None:
    """Set on the head what wins."""
    for choice in choices:
        if choice.winner != head.pk:
            for name, value in choice.values.items():
                set_value(head, name, value)


def _keep_out_of_circles(company: Company, gone: set[int]) -> None:
    """A company is not above itself, however far up, once others became one with it."""
    above, seen = company.parent_id, {company.pk}
    while above is not None:
        if above in seen or above in gone:
            company.parent_id = None
            return
        seen.add(above)
        above = Company.objects.filter(pk=above).values_list("parent_id", flat=True).first()


def _move_custom(model: Any, head: Any, tails: Sequence[Any]) -> None:
    """Custom fields that name one of the companies name the one that stays."""
    if model is not Company:
        return
    from django.apps import apps

    for row in CustomField.objects.filter(type=CustomField.Type.COMPANY):
        subject: Any = apps.get_model(row.subject)
        named = lock(
            subject._base_manager.filter(**{f"custom__{row.key}__in": [t.pk for t in tails]})
        )
        for record in named:
            set_value(record, f"custom.{row.key}", head.pk)
        save_locked(named)
