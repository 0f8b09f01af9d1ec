"""`undo CAUSE` on the command line."""

from __future__ import annotations

import io
import json
import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from crm.models import Tag
from crm.services.tags import get_or_make_tags
from tests import factories


def undo(*arguments: str) -> str:
    out = io.StringIO()
    call_command("undo", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def renamed(db: None) -> tuple[Cause, Tag]:
    """A tag renamed and coloured by one cause, coloured anew by another."""
    tag = factories.make_tag("Fair")
    with because(Kind.BULK_EDIT, label="Rename") as cause:
        Tag.objects.filter(pk=tag.pk).update(name="Trade fair", colour="#112233")
    with because(Kind.SYSTEM):
        Tag.objects.filter(pk=tag.pk).update(colour="#445566")
    return Cause.objects.get(pk=cause.id), tag


def test_it_reports_in_json_what_was_reverted_and_what_conflicts(
    renamed: tuple[Cause, Tag],
) -> None:
    cause, tag = renamed
    report = json.loads(undo(str(cause.pk), "--json").splitlines()[-1])
    assert set(report) >= {"reverted", "conflicts", "kept"}
    assert report["reverted"] == 1
    (conflict,) = report["conflicts"]
    assert (conflict["field"], conflict["expected"], conflict["found"]) == (
        "colour",
        "#112233",
        "#445566",
    )
    tag.refresh_from_db()
    assert (tag.name, tag.colour) == ("Fair", "#445566")


def test_it_reports_in_words(renamed: tuple[Cause, Tag]) -> None:
    out = undo(str(renamed[0].pk))
    assert "1 change was taken back." in out
    assert "#445566" in out


def test_what_was_made_goes_again(db: None) -> None:
    with because(Kind.IMPORT, label="File") as cause:
        get_or_make_tags(names=["One", "Two"], by=None)
    assert json.loads(undo(str(cause.id), "--json"))["reverted"] == 2
    assert not Tag.objects.exists()


@pytest.mark.parametrize("text", ["7", "no cause", str(uuid.UUID(int=7))])
def test_what_is_no_cause_fails(text: str, db: Any) -> None:
    with pytest.raises(CommandError):
        undo(text)


def test_done_once_is_done(renamed: tuple[Cause, Tag]) -> None:
    with because(Kind.SYSTEM, label="x") as cause:
        get_or_make_tags(names=["One"], by=None)
    undo(str(cause.id))
    with pytest.raises(CommandError, match="already"):
        undo(str(cause.id))
