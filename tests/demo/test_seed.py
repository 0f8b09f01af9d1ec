"""The seed command: the same company for the same seed, in the installation's language."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import transaction
from django.utils import timezone

import demo.telling
from core.ledger.doctor import check_chain
from core.ledger.tables import Cause, Change
from core.services.undoing import undo_cause
from crm.models import Company, Tag
from pipeline.models import Lead
from tests import factories
from tests.demo.seeds import NOW, seed

pytestmark = pytest.mark.django_db


def fingerprint() -> list[Any]:
    """What a company is made of, without what differs between two runs by its nature."""
    fields = ("title", "status", "stage__name", "position", "created_at", "search_text")
    changes = Change.objects.filter(cause__reference="seed").exclude(record_type="crm.user")
    return [
        *Lead.objects.order_by("pk").values_list(*fields, "expected_revenue", "owner__email"),
        *changes.order_by("id").values_list(
            "record_type", "action", "at", "cause__actor__email", "cause__started_at"
        ),
    ]


def test_the_same_seed_makes_the_same_company_and_another_one_another() -> None:
    found = []
    for number in (3, 3, 4):
        with transaction.atomic():
            seed(leads=60, seed=number, now=NOW)
            found.append(fingerprint())
            transaction.set_rollback(True)
    assert found[0] == found[1] != found[2]


def test_several_processes_tell_the_same_company(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for many in (demo.telling.MANY, 1):
        monkeypatch.setattr(demo.telling, "MANY", many)
        with transaction.atomic():
            seed(leads=60, seed=3, now=NOW)
            found.append(fingerprint())
            transaction.set_rollback(True)
    assert found[0] == found[1]


def test_it_speaks_the_language_of_the_installation(settings: Any) -> None:
    settings.LANGUAGE_CODE = "fr"
    seed(leads=40)
    assert Tag.objects.filter(name="appel d'offres").exists()
    assert Company.objects.filter(country="France").count() == Company.objects.count()


def test_its_last_moment_is_now_unless_told() -> None:
    before = timezone.now()
    seed(leads=40)
    assert Lead.objects.latest("created_at").created_at > before - dt.timedelta(days=60)
    assert list(check_chain("pipeline.lead")) == []


def test_undoing_the_seed_with_what_followed_leaves_no_lead() -> None:
    seed(leads=40)
    root = Cause.objects.get(reference="seed", parent=None)
    report = undo_cause(cause=root.pk, by=None, with_consequences=True)
    assert not Lead.objects.exists()
    assert not Company.objects.exists()
    assert not report.conflicts


def test_a_database_with_leads_is_refused(cast: Any) -> None:
    factories.make_lead(by=cast.rep)
    with pytest.raises(CommandError, match="already"):
        seed()
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"leads": 0}, {"users": 4}, {"months": 0}])
def test_a_company_of_nobody_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(CommandError):
        seed(**wrong)
