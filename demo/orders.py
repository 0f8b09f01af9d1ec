"""Taking demo data: ordered in a request, made by a worker, once."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.errors import Refused
from crm.models import User
from demo.models import DemoOrder
from demo.seeding import seed
from demo.tasks import send_order
from demo.trial import LEADS, MONTHS, PEOPLE, read_trial, require_admin
from demo.world import NotReady
from pipeline.models import Lead

#: For so long an order is one worker's; longer than a task may take.
LEASE = dt.timedelta(minutes=10)
#: An order is given up when so many workers died over it.
ATTEMPTS = 3


def order_demo(*, by: User) -> DemoOrder:
    """Have a worker fill an installation without leads with a small company, in the language of
    the person. Who asks while one is on its way gets that one."""
    require_admin(by)
    if Lead.objects.exists():
        raise Refused(_not_empty())
    with transaction.atomic():
        order, is_new = DemoOrder.objects.get_or_create(waits=True, defaults={"by": by})
        if is_new:
            transaction.on_commit(lambda: send_order(order.pk))
    return order


def work_on_order(pk: int) -> bool:
    """Do an order; False when it is over, or another worker is at it.

    The company is made whole in one transaction, or not at all. Whoever finds it there, since the
    worker before died with the last word on its lips, says that word.
    """
    if not _taken(pk):
        return False
    order = DemoOrder.objects.select_related("by").get(pk=pk)
    problem = ""
    with override(order.by.language):
        if order.attempts > ATTEMPTS:
            problem = _("Each worker that began it stopped. Look at the log of the workers.")
        else:
            try:
                seed(
                    leads=LEADS,
                    users=PEOPLE,
                    seed=secrets.randbelow(10**9),
                    months=MONTHS,
                    now=timezone.now(),
                    language=order.by.language,
                )
            except NotReady:
                if read_trial().cause is None:
                    problem = _not_empty()
    DemoOrder.objects.filter(pk=pk, waits=True).update(
        waits=None, done_at=timezone.now(), leased_until=None, problem=problem
    )
    return True


def overlooked_orders() -> list[int]:
    """Orders that no worker has in hand."""
    return list(DemoOrder.objects.filter(_free(), waits=True).values_list("pk", flat=True))


def _taken(pk: int) -> bool:
    """Hold an order that nobody holds, so that exactly one worker does it."""
    until = timezone.now() + LEASE
    free = DemoOrder.objects.filter(_free(), pk=pk, waits=True)
    return free.update(leased_until=until, attempts=F("attempts") + 1) == 1


def _free() -> Q:
    return Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now())


def _not_empty() -> str:
    return _("There are leads already: demo data is for an empty installation.")
