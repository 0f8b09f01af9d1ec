"""Filling a migrated database with a believable company: any size, the same for the same seed."""

from __future__ import annotations

import datetime as dt
import random
import zoneinfo
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction

from core.ledger.tables import Cause, Change
from crm.models import Company, Contact, Touch
from crm.organisation import organisation
from demo.english import ENGLISH
from demo.french import FRENCH
from demo.life import Setting
from demo.loading import analyze, lean, load, next_id, number_on, pack
from demo.plan import outlines
from demo.telling import CHAPTER, MANY, chapters
from demo.times import DAY, Days
from demo.vocabulary import Vocabulary
from demo.why import Why
from demo.world import Founding, NotReady
from demo.writing import Ledger
from pipeline.models import Activity, Lead, LeadContact, LeadSpan, LeadTag, StageVisit
from pipeline.services import totals
from pipeline.services.rebuilding import rebuild_leads, stage_probabilities

#: Ids that a lead may need of each kind of record that is numbered here, at most; a step for each
#: stage comes on top.
NEEDS: dict[type[models.Model], int] = {
    Lead: 1,
    Company: 1,
    Contact: 2,
    Touch: 2,
    LeadContact: 2,
    Activity: 2,
}
TABLES: tuple[Any, ...] = (*NEEDS, LeadTag, StageVisit, LeadSpan, Cause, Change)


def seed(
    *, leads: int, users: int, seed: int, months: int, now: dt.datetime, language: str = ""
) -> None:
    """Make a company with `users` people and `leads` leads of the last `months` months.

    It speaks `language`, or that of the installation. All or nothing. Raises NotReady where there
    are leads already, or no pipeline.
    """
    # SQLite searches all children of each parent while any key is still open: it checks once.
    with connection.constraint_checks_disabled(), transaction.atomic():
        if Lead.objects.exists():
            raise NotReady("There are leads already: seed fills a new database only.")
        words = FRENCH if (language or settings.LANGUAGE_CODE).startswith("fr") else ENGLISH
        _seed(words, leads=leads, users=users, seed=seed, months=months, now=now)
        connection.check_constraints()
    analyze(TABLES)


def _seed(
    words: Vocabulary, *, leads: int, users: int, seed: int, months: int, now: dt.datetime
) -> None:
    rng = random.Random(seed)
    until = int(now.timestamp())
    start = until - int(months * 365.25 / 12 * DAY) - 40 * DAY
    why, ledger = Why(seed), Ledger()
    world = Founding(rng, words, ledger, why.root.hex, start).found(users)
    with lean([model._meta.db_table for model in TABLES], enough=leads >= MANY):
        ids = {
            model: (next_id(model), CHAPTER * (needs + len(world.stages) * (model is Activity)))
            for model, needs in NEEDS.items()
        }
        days = Days(zoneinfo.ZoneInfo(organisation().time_zone), until)
        setting = Setting(seed, words, world, days, leads, start, ids)
        load(pack(ledger.changes))
        used: set[tuple[int, int]] = set()
        for chapter in chapters(setting, outlines(rng, leads, months, until)):
            used |= chapter.used
            for part in chapter.loads:
                load(part)
        load(pack(why.load(used, words.form, start, until)))
    for model in NEEDS:
        number_on(model, model._base_manager.aggregate(last=models.Max("pk"))["last"] or 1)
    totals.rebuild_all()
    if any(len(said) > 1 for said in stage_probabilities().values()):
        # A stage that changed its odds since moves the spans of those who stood in it.
        rebuild_leads(list(Lead.objects.values_list("pk", flat=True)))
