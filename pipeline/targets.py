"""How far people and teams are on the way to their targets, and what counts.

The rules, in words on the page and as conditions here, so that a number and the list behind it are
one: *won revenue* is the expected revenue of the leads that are won and were closed in the period,
in the currency of the target; *wins* are these leads; *completed activities* are those that were
done in the period and not cancelled. A person's are those that they own or are assigned to now, a
team's those of its leads, and the activities of its leader and its active members. Archived leads
count. The period is that of the reader's time zone.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from core.conditions import bind, to_q
from core.conditions.filters import zone_of
from core.money import format_money, format_number
from core.templatetags.relance import percent_text
from crm.models import Target, User
from crm.periods import last_day
from pipeline.models import Activity, Lead
from pipeline.workdays import working_days

LEADS, ACTIVITIES = "pipeline.lead", "pipeline.activity"
#: The period that is now, as a condition names it.
NOW = {"month": "this_month", "quarter": "this_quarter"}


@dataclass(frozen=True, slots=True)
class Progress:
    """A target on its way, in words. `fill` is how much is reached, in percent of 100 at most."""

    pk: int
    whose: str
    is_team: bool
    what: str
    period: str
    reached: str
    target: str
    percent: str
    fill: int
    is_reached: bool
    left: str
    rule: str
    list_url: str
    list_words: str
    notes: Sequence[str]


def read_progress(user: User, owner: User, now: dt.datetime | None = None) -> list[Progress]:
    """The running targets on the day of `owner` for the person who looks; on one's own day also
    those of the teams that one leads. One query where there are none, at most three where there
    are."""
    now = now or timezone.now()
    today = timezone.localdate(now, zone_of(user))
    targets = list(Target.objects.running(today).for_day(user, owner))
    if not targets:
        return []
    of_leads = [one for one in targets if one.metric != Target.Metric.ACTIVITIES]
    counted = _leads(user, of_leads, now)
    done = _activities(user, [one for one in targets if one not in of_leads], now)
    return [
        _progress(target, counted.get(target.pk, []), done.get(target.pk, 0), user, now)
        for target in targets
    ]


@dataclass(frozen=True, slots=True)
class _Won:
    """Won leads in one currency: how many, of how much, and how many without an amount."""

    currency: str
    count: int
    amount: Decimal
    bare: int


def _leads(user: User, targets: Sequence[Target], now: dt.datetime) -> Mapping[int, list[_Won]]:
    """The won leads that count for targets, by currency: in one query."""
    if not targets:
        return {}
    rules = {target.pk: _lead_rule(target, user, now) for target in targets}
    every = Q()
    sums: dict[str, Any] = {}
    for pk, rule in rules.items():
        every |= rule
        sums[f"count_{pk}"] = Count("pk", filter=rule)
        sums[f"amount_{pk}"] = Sum("expected_revenue", filter=rule)
        sums[f"bare_{pk}"] = Count("pk", filter=rule & Q(expected_revenue__isnull=True))
    leads = Lead.objects.won().visible_to(user).filter(every)
    found: dict[int, list[_Won]] = {pk: [] for pk in rules}
    for row in leads.values("currency").annotate(**sums).order_by("currency"):
        for pk in rules:
            if row[f"count_{pk}"]:
                found[pk].append(
                    _Won(
                        row["currency"],
                        row[f"count_{pk}"],
                        row[f"amount_{pk}"] or Decimal(),
                        row[f"bare_{pk}"],
                    )
                )
    return found


def closed_in(target: Target) -> dict[str, Any]:
    """The condition of the leads that were closed in the running period of a target."""
    return {"field": "closed_at", "op": "=", "value": NOW[target.period]}


def done_in(target: Target) -> dict[str, Any]:
    """The same of activities that were done."""
    return {"field": "done_at", "op": "=", "value": NOW[target.period]}


def _lead_rule(target: Target, user: User, now: dt.datetime) -> Q:
    whose = Q(owner=target.user_id) if target.user_id is not None else Q(team=target.team_id)
    return whose & _within(closed_in(target), LEADS, user, now)


def _within(condition: Mapping[str, Any], subject: str, user: User, now: dt.datetime) -> Q:
    return to_q(bind(condition, subject, now=now, zone=zone_of(user), user=user))


def counted_activities(target: Target, user: User, now: dt.datetime) -> QuerySet[Activity]:
    """The activities that count for a target, as far as a person sees them."""
    found: QuerySet[Activity] = _seen(user, [target]).filter(_activity_rule(target, user, now))
    return found


def _activities(user: User, targets: Sequence[Target], now: dt.datetime) -> Mapping[int, int]:
    """How many activities count for targets: in one query."""
    if not targets:
        return {}
    rules = {target.pk: _activity_rule(target, user, now) for target in targets}
    every = Q()
    for rule in rules.values():
        every |= rule
    counts = _seen(user, targets).filter(every)
    found = counts.aggregate(**{f"n{pk}": Count("pk", filter=rule) for pk, rule in rules.items()})
    return {pk: found[f"n{pk}"] for pk in rules}


def _seen(user: User, targets: Sequence[Target]) -> Any:
    """Activities in the person's sight; one's own always are."""
    done = Activity.objects.done().exclude(outcome=Activity.Outcome.CANCELLED)
    own = all(target.user_id == user.pk for target in targets)
    return done if own else done.visible_to(user)


def _activity_rule(target: Target, user: User, now: dt.datetime) -> Q:
    if target.user_id is not None:
        whose = Q(assignee=target.user_id)
    else:
        whose = Q(assignee__in=User.objects.in_team(target.team_id).values("pk"))
    return whose & _within(done_in(target), ACTIVITIES, user, now)


def _progress(
    target: Target, won: Sequence[_Won], done: int, user: User, now: dt.datetime
) -> Progress:
    language = get_language() or "en"
    counted = [one for one in won if one.currency == target.currency]
    count, notes = sum(one.count for one in won), []
    if target.metric == Target.Metric.REVENUE:
        reached = sum((one.amount for one in counted), Decimal())
        count = sum(one.count for one in counted)
        texts = [
            format_money(number, target.currency, language) for number in (reached, target.value)
        ]
        others = [one for one in won if one.currency != target.currency]
        if others:
            sums = ", ".join(format_money(one.amount, one.currency, language) for one in others)
            notes.append(_("Not counted, in another currency: %(sums)s.") % {"sums": sums})
        bare = sum(one.bare for one in counted)
        if bare:
            words = ngettext(
                "%(n)s won lead has no amount.", "%(n)s won leads have no amount.", bare
            )
            notes.append(words % {"n": format_number(bare, language)})
    else:
        reached = Decimal(count if target.metric == Target.Metric.WINS else done)
        texts = [format_number(number, language) for number in (reached, target.value)]
    percent = int(100 * reached / target.value)
    url, words = _behind(target, count, done, language)
    return Progress(
        target.pk,
        str(target.team or target.user),
        target.team_id is not None,
        target.get_metric_display(),
        _("this month") if target.period == "month" else _("this quarter"),
        texts[0],
        texts[1],
        percent_text(Decimal(percent)),
        min(percent, 100),
        reached >= target.value,
        _left(target, user, now),
        rule_of(target),
        url,
        words,
        notes,
    )


def _left(target: Target, user: User, now: dt.datetime) -> str:
    """The working days of the period that are left, today among them."""
    today = timezone.localdate(now, zone_of(user))
    count = working_days(today, last_day(target.period, target.starts_on))
    words = ngettext("%(n)s working day left", "%(n)s working days left", count)
    return words % {"n": format_number(count, get_language() or "en")}


def _behind(target: Target, count: int, done: int, language: str) -> tuple[str, str]:
    """Where what counts is listed, and the words of that link."""
    if target.metric == Target.Metric.ACTIVITIES:
        words = ngettext("The %(n)s activity", "The %(n)s activities", done)
        return reverse("target-activities", args=[target.pk]), words % {
            "n": format_number(done, language)
        }
    words = ngettext("The %(n)s lead", "The %(n)s leads", count)
    return list_url(target), words % {"n": format_number(count, language)}


def list_url(target: Target) -> str:
    """The list of the leads that count for a target."""
    narrowing: dict[str, Any] = (
        {"owner": target.user_id} if target.user_id is not None else {"team": target.team_id}
    )
    narrowing |= {"status": "won", "archived": "any", "where": json.dumps(closed_in(target))}
    if target.metric == Target.Metric.REVENUE:
        narrowing["currency"] = target.currency
    return f"{reverse('leads')}?{urlencode(narrowing)}"


def rule_of(target: Target) -> str:
    """What counts for a target, in a sentence."""
    is_team = target.team_id is not None
    when = _("this month") if target.period == "month" else _("this quarter")
    words = {"whose": str(target.team or target.user), "when": when, "currency": target.currency}
    if target.metric == Target.Metric.REVENUE:
        text = (
            _(
                "The expected revenue in %(currency)s of the leads of %(whose)s that were won "
                "%(when)s."
            )
            if is_team
            else _(
                "The expected revenue in %(currency)s of the leads that %(whose)s owns and that "
                "were won %(when)s."
            )
        )
    elif target.metric == Target.Metric.WINS:
        text = (
            _("The leads of %(whose)s that were won %(when)s.")
            if is_team
            else _("The leads that %(whose)s owns and that were won %(when)s.")
        )
    else:
        text = (
            _(
                "What the leader and the active members of %(whose)s completed %(when)s, without "
                "what was cancelled."
            )
            if is_team
            else _("What %(whose)s completed %(when)s, without what was cancelled.")
        )
    return text % words
