"""What must hold of teams, tags, costs and custom fields, whoever writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.conditions import ConditionError, bind, check_references, parse
from core.errors import Refused
from core.ledger.words import CustomTeller, register_custom_words
from core.services.configuration import register_checks
from crm.customwords import CustomWords
from crm.models import CampaignCost, CustomField, Membership, Tag, Target, Team
from crm.periods import begins
from crm.services.customfields import records_with

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_OPTION_ID = re.compile(r"[\w-]{1,40}")
#: What the conditions of members ask about.
LEADS = CustomField.Subject.LEAD.value
FULL_SHARE = 100
_CHOICES = (CustomField.Type.CHOICE, CustomField.Type.CHOICES)


def register() -> None:
    """Have the checks of this file made by every door, and custom fields told by their labels."""
    checks: dict[str, Callable[[Any], None]] = {
        "crm.team": check_team,
        "crm.membership": check_membership,
        "crm.target": check_target,
        "crm.tag": check_tag,
        "crm.campaigncost": check_cost,
        "crm.customfield": check_custom_field,
    }
    for record_type, check in checks.items():
        register_checks(record_type, saving=check)
    register_custom_words(words_of)


def words_of(record_type: str, values: Mapping[str, Sequence[Any]]) -> CustomTeller:
    """The labels of the custom fields of a record type, those no longer in use as well, and what
    `values` of them are called."""
    fields = CustomField.objects.filter(subject=record_type)
    words = CustomWords(fields)
    words.learn(values)
    return {key: field.label for key, field in words.definitions.items()}, words.text


def refuse(field: str, message: str) -> Refused:
    """A refusal about one field."""
    return Refused(message, {field: [message]})


def check_colour(colour: str) -> None:
    """A colour is #rrggbb, or empty."""
    if colour and not _COLOUR.fullmatch(colour):
        raise refuse("colour", _("Write a colour such as #0d6b62."))


def check_currency(currency: str) -> None:
    """A currency has three capital letters (ISO 4217)."""
    if not _CURRENCY.fullmatch(currency):
        raise refuse("currency", _("Write three letters such as EUR."))


def check_tag(tag: Tag) -> None:
    """A tag has a colour or none."""
    check_colour(tag.colour)


def check_cost(cost: CampaignCost) -> None:
    """A cost is in a currency."""
    check_currency(cost.currency)


def check_team(team: Team) -> None:
    """A team does not escalate to itself, however far up."""
    above, seen = team.parent_id, {team.pk}
    parents = dict(Team.objects.exclude(pk=team.pk).values_list("pk", "parent_id"))
    while above is not None:
        if above in seen:
            raise refuse("parent", _("A team cannot escalate to itself."))
        seen.add(above)
        above = parents.get(above)


def check_membership(member: Membership) -> None:
    """An absence has an order; what a member takes and prefers are conditions on leads that mean
    the same to everybody who reads them."""
    if member.share > FULL_SHARE:
        raise refuse("share", _("A share is at most 100 percent."))
    start, end = member.absent_from, member.absent_until
    if start is not None and end is not None and end < start:
        raise refuse("absent_until", _("The absence ends before it starts."))
    for name in ("territory", "preferred"):
        tree = getattr(member, name)
        if tree is None:
            continue
        try:
            node = parse(tree, LEADS)
            bind(node, LEADS, now=timezone.now(), zone=timezone.get_default_timezone())
            check_references(node)
        except ConditionError as error:
            raise refuse(name, str(error.problem)) from None


def check_target(target: Target) -> None:
    """A target is of a team or of a person, of a whole month or quarter, and more than nothing;
    revenue has a currency, and what is counted is counted in whole numbers."""
    if (target.team_id is None) == (target.user_id is None):
        message = _("A target belongs to a team or to a person.")
        raise Refused(message, {"team": [message], "user": [message]})
    if target.starts_on != begins(target.period, target.starts_on):
        raise refuse("starts_on", _("Write the first day of the month or quarter."))
    if target.value <= 0:
        raise refuse("value", _("A target is more than nothing."))
    if target.metric == target.Metric.REVENUE:
        check_currency(target.currency)
        return
    if target.currency:
        raise refuse("currency", _("Revenue has a currency, what is counted has none."))
    if target.value != target.value.to_integral_value():
        raise refuse("value", _("What is counted is a whole number."))


def check_custom_field(field: CustomField) -> None:
    """Choices belong to fields of choice; what values hang on is fixed once a field is made."""
    _check_options(field)
    if field.pk is None:
        return
    before = CustomField.objects.filter(pk=field.pk).first()
    if before is None:
        return
    for name in ("subject", "key", "type"):
        if getattr(field, name) != getattr(before, name):
            raise refuse(name, _("This is fixed: values are stored under it. Make another field."))
    kept = {option["id"] for option in field.options}
    gone = {one["id"]: one["label"] for one in before.options or [] if one["id"] not in kept}
    if gone and records_with(before, gone).exists():
        message = _("Records still have one of these choices: %(choices)s.")
        raise refuse("options", message % {"choices": ", ".join(gone.values())})


def _check_options(field: CustomField) -> None:
    options = field.options
    if field.type not in _CHOICES:
        if options:
            raise refuse("options", _("Only fields of choice have choices."))
        return
    if not isinstance(options, list) or not options:
        raise refuse("options", _("A field of choice needs its choices."))
    seen: set[str] = set()
    for option in options:
        if not isinstance(option, dict) or set(option) != {"id", "label"}:
            raise refuse("options", _("A choice has an id and a label."))
        key, label = option["id"], option["label"]
        if not isinstance(key, str) or not _OPTION_ID.fullmatch(key):
            raise refuse("options", _("The id of a choice has letters, digits, “_” and “-”."))
        if not isinstance(label, str) or not label.strip():
            raise refuse("options", _("A choice needs a label."))
        if key in seen:
            raise refuse("options", _("“%(id)s” stands there twice.") % {"id": key})
        seen.add(key)
