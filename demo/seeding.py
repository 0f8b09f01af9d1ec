"""Filling a migrated database with a believable company: any size, the same for the same seed."""

from __future__ import annotations

import datetime as dt
import random
import zoneinfo
from itertools import islice

from django.conf import settings
from django.db import connection, transaction

from demo.days import Days
from demo.english import ENGLISH
from demo.french import FRENCH
from demo.life import Setting
from demo.lives import Storyteller
from demo.loading import lean
from demo.plan import DAY, outlines
from demo.why import Why
from demo.world import Founding, NotReady
from demo.writing import Ledger, Table
from pipeline.models import Lead
from pipeline.services import totals
from pipeline.services.rebuilding import rebuild_leads, stage_probabilities

#: Leads whose rows are kept in memory at once.
CHUNK = 2000
#: From so many leads on it pays to make indexes and foreign keys anew.
MANY = 20_000


def seed(*, leads: int, users: int, seed: int, months: int, now: dt.datetime) -> None:
    """Make a company with `users` people and `leads` leads of the last `months` months.

    All or nothing. Raises NotReady where there are leads already, or no pipeline.
    """
    with transaction.atomic():
        if Lead.objects.exists():
            raise NotReady("There are leads already: seed fills a new database only.")
        _seed(leads, users, seed, months, now.replace(microsecond=0))
    _analyze()


def _seed(leads: int, users: int, seed: int, months: int, now: dt.datetime) -> None:
    words = FRENCH if settings.LANGUAGE_CODE.startswith("fr") else ENGLISH
    rng = random.Random(seed)
    start = now.timestamp() - months * 365.25 / 12 * DAY - 40 * DAY
    ledger = Ledger()
    began = dt.datetime.fromtimestamp(int(start), dt.UTC)
    why = Why(rng, ledger, words.form, began)
    world = Founding(rng, words, ledger, why.root, began).found(users)
    days = Days(zoneinfo.ZoneInfo(settings.TIME_ZONE), now)
    teller = Storyteller(Setting(rng, words, world, why, days, leads, start), ledger)
    tables = teller.tables()
    with lean([table.name for table in tables], enough=leads >= MANY):
        coming = enumerate(outlines(rng, leads, months, now.timestamp()))
        while chunk := list(islice(coming, CHUNK)):
            for number, outline in chunk:
                teller.tell(number, outline)
            _write(tables)
        _write(tables)
    for table in tables:
        table.settle_ids()
    totals.rebuild_all()
    if any(len(said) > 1 for said in stage_probabilities().values()):
        # A stage that changed its odds since moves the spans of those who stood in it.
        rebuild_leads(list(Lead.objects.values_list("pk", flat=True)))


def _write(tables: list[Table]) -> None:
    for table in tables:
        table.write()


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
