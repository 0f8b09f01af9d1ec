"""Settings pages: who gets in, making, changing, ordering and deleting, and where leads go."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.commands import search
from core.errors import NotFound, Refused
from core.ledger.causes import because
from core.ledger.tables import Cause, Kind
from core.services.configuration import order_records
from core.services.undoing import undo_cause
from core.settingpages import setting_pages
from crm.models import Product, Tag
from pipeline.models import ActivityType, Lead, LostReason, Stage
from pipeline.services.closing import lose_lead
from pipeline.services.leads import archive_leads
from pipeline.services.stages import remove_stage
from tests import factories

ENTERS = {"rep": 403, "mate": 403, "leader": 403, "manager": 200, "admin": 200}


@pytest.fixture
def manager(cast: Any, client: Client) -> Client:
    """A manager's browser."""
    client.force_login(cast.manager)
    return client


def filled(client: Client, address: str, **changes: Any) -> dict[str, Any]:
    """What a browser sends when a form is opened and some of its fields are changed."""
    form = client.get(address).context["form"]
    found = {bound.html_name: bound.value() for bound in form} | changes
    return {
        name: value for name, value in found.items() if value is not None and value is not False
    }


@pytest.mark.parametrize("part", ENTERS)
def test_only_managers_enter(part: str, cast: Any, client: Client, stages: Any) -> None:
    client.force_login(cast.people()[part])
    record = stages[0].pk
    addresses = [
        reverse("settings"),
        reverse("setting", args=["stages"]),
        reverse("setting-new", args=["tags"]),
        reverse("setting-edit", args=["stages", record]),
        reverse("setting-delete", args=["stages", record]),
    ]
    for address in addresses:
        assert client.get(address).status_code == ENTERS[part], address
    answer = client.post(reverse("setting-new", args=["tags"]), {"name": "Sneaked in"})
    assert Tag.objects.filter(name="Sneaked in").exists() == (ENTERS[part] == 200)
    assert (answer.status_code == 302) == (ENTERS[part] == 200)


def test_every_page_shows_its_records_and_a_form(manager: Client, stages: Any) -> None:
    text = manager.get(reverse("settings")).content.decode()
    for page in setting_pages():
        address = reverse("setting", args=[page.name])
        assert address in text
        assert manager.get(address).status_code == 200
        assert "<form" in manager.get(reverse("setting-new", args=[page.name])).content.decode()
        for record in page.all()[:2]:
            form = manager.get(reverse("setting-edit", args=[page.name, record.pk]))
            assert str(record) in form.content.decode()


def test_what_is_not_there_is_404(manager: Client) -> None:
    for address in (
        reverse("setting", args=["nonsense"]),
        reverse("setting-edit", args=["tags", 10**9]),
        reverse("setting-delete", args=["tags", 10**9]),
    ):
        assert manager.get(address).status_code == 404
    assert manager.post(reverse("setting-order", args=["tags"]), {"ids": "1"}).status_code == 404


def test_a_record_is_made_changed_and_deleted_each_with_undo(manager: Client, cast: Any) -> None:
    new = reverse("setting-new", args=["lost-reasons"])
    answer = manager.post(new, {"name": "Moved abroad", "is_active": "on"}, follow=True)
    assert "“Moved abroad” is created." in answer.content.decode()
    reason = LostReason.objects.get(name="Moved abroad")
    edit = reverse("setting-edit", args=["lost-reasons", reason.pk])
    manager.post(edit, filled(manager, edit, name="Moved away"))
    reason.refresh_from_db()
    assert reason.name == "Moved away"
    undo_cause(cause=Cause.objects.latest("started_at").pk, by=cast.manager)
    reason.refresh_from_db()
    assert reason.name == "Moved abroad"
    manager.post(reverse("setting-delete", args=["lost-reasons", reason.pk]))
    assert not LostReason.objects.filter(pk=reason.pk).exists()
    undo_cause(cause=Cause.objects.latest("started_at").pk, by=cast.manager)
    assert LostReason.objects.filter(pk=reason.pk).exists()


def test_wrong_input_and_an_old_form_are_told(manager: Client, stages: Any, cast: Any) -> None:
    edit = reverse("setting-edit", args=["stages", stages[0].pk])
    fields = filled(manager, edit)
    for wrong, words in (
        ({"name": ""}, "This field is required."),
        ({"name": stages[1].name}, "exists already."),
        ({"days_min": "9", "days_max": "2"}, "the first number is above the second"),
        ({"probability": "120"}, "less than or equal to 100"),
        ({"colour": "red"}, "Write a colour such as"),
    ):
        answer = manager.post(edit, {**fields, **wrong})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    with because(Kind.PERSON, by=cast.manager):
        stages[0].objective = "Meet them"
        stages[0].save()
    answer = manager.post(edit, {**fields, "name": "Fresh"})
    assert answer.status_code in (409, 422)
    assert "Somebody else changed this record meanwhile." in answer.content.decode()
    assert not Stage.objects.filter(name="Fresh").exists()


def test_an_order_is_saved_as_one_deed_and_undone(manager: Client, cast: Any) -> None:
    before = list(ActivityType.objects.order_by("sequence", "pk").values_list("pk", flat=True))
    wanted = before[::-1]
    answer = manager.post(
        reverse("setting-order", args=["activity-types"]),
        {"ids": ",".join(map(str, wanted))},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 204
    assert (
        list(ActivityType.objects.order_by("sequence", "pk").values_list("pk", flat=True)) == wanted
    )
    undo_cause(cause=Cause.objects.latest("started_at").pk, by=cast.manager)
    assert (
        list(ActivityType.objects.order_by("sequence", "pk").values_list("pk", flat=True)) == before
    )


def test_same_places_are_told_apart_and_strangers_are_not_found(cast: Any, stages: Any) -> None:
    with factories.arranging():
        for stage in stages[:3]:
            stage.sequence = 10
            stage.save()
        wanted = [stages[2].pk, stages[0].pk, stages[1].pk]
        order_records(model=Stage, records=wanted, by=cast.manager)
    found = Stage.objects.filter(pk__in=wanted).order_by("sequence")
    assert list(found.values_list("pk", flat=True)) == wanted
    with pytest.raises(NotFound), because(Kind.PERSON, by=cast.manager):
        order_records(model=Stage, records=[stages[0].pk, 10**9], by=cast.manager)


def test_deleting_a_stage_asks_where_its_leads_go(manager: Client, cast: Any, stages: Any) -> None:
    leads = [factories.make_lead(by=cast.manager, stage=stages[0]) for _ in range(3)]
    reason = LostReason.objects.first()
    assert reason is not None
    with factories.arranging():
        lose_lead(lead=leads[1].pk, reason=reason.pk, by=cast.manager)
        archive_leads(leads=[leads[2].pk], by=cast.manager)
    address = reverse("setting-delete", args=["stages", stages[0].pk])
    assert "Where do its leads go?" in manager.get(address).content.decode()
    assert manager.post(address).status_code == 422
    assert Stage.objects.filter(pk=stages[0].pk).exists()
    manager.post(address, {"into": stages[1].pk})
    assert not Stage.objects.filter(pk=stages[0].pk).exists()
    found = {lead.pk: lead for lead in Lead.objects.all()}
    assert {found[lead.pk].stage_id for lead in leads} == {stages[1].pk}
    assert found[leads[1].pk].status == "lost"
    assert found[leads[2].pk].archived_at is not None
    undo_cause(cause=Cause.objects.latest("started_at").pk, by=cast.manager)
    assert Stage.objects.filter(pk=stages[0].pk).exists()
    assert set(Lead.objects.values_list("stage", flat=True)) == {stages[0].pk}


def test_a_stage_that_asks_for_more_takes_none_and_nothing_is_half_done(
    cast: Any, stages: Any
) -> None:
    factories.make_lead(by=cast.manager, stage=stages[0])
    with factories.arranging():
        stages[1].required_fields = ["expected_revenue"]
        stages[1].save()
    with pytest.raises(Refused), because(Kind.PERSON, by=cast.manager):
        remove_stage(record=stages[0].pk, into=stages[1].pk, by=cast.manager)
    assert Stage.objects.filter(pk=stages[0].pk).exists()
    assert Lead.objects.get().stage_id == stages[0].pk


def test_what_is_in_use_is_put_out_of_use_instead(manager: Client, cast: Any) -> None:
    lead, reason = factories.make_lead(by=cast.manager), LostReason.objects.first()
    assert reason is not None
    with factories.arranging():
        lose_lead(lead=lead.pk, reason=reason.pk, by=cast.manager)
    address = reverse("setting-delete", args=["lost-reasons", reason.pk])
    assert "It is in use: 1 lead." in manager.get(address).content.decode()
    answer = manager.post(address)
    assert answer.status_code == 422
    assert "is in use: 1 lead. Deactivate it instead." in answer.content.decode()
    assert LostReason.objects.filter(pk=reason.pk).exists()


def test_few_and_many_stages_are_warned_of_but_not_blocked(
    manager: Client, stages: Any, pipeline: Any
) -> None:
    address = reverse("setting", args=["stages"])
    assert ("works best with 4 to 7" in manager.get(address).content.decode()) == (
        sum(not stage.is_won for stage in stages) not in range(4, 8)
    )
    new = reverse("setting-new", args=["stages"])
    for number in range(8):
        fields = filled(manager, new, name=f"Step {number}", pipeline=pipeline.pk)
        assert manager.post(new, fields).status_code == 302
    assert "works best with 4 to 7" in manager.get(address).content.decode()
    kinds = Stage.objects.filter(pipeline=pipeline).in_order().values_list("kind", flat=True)
    assert list(kinds) == ["open"] * (len(kinds) - 1) + ["won"]


def test_the_palette_finds_them_in_both_languages(cast: Any) -> None:
    for text in ("étapes", "stages"):
        found = [line.url for group in search(cast.manager, text) for line in group.found]
        assert reverse("setting", args=["stages"]) in found
        mine = [line.url for group in search(cast.rep, text) for line in group.found]
        assert reverse("setting", args=["stages"]) not in mine


def test_a_price_is_shown_as_the_reader_writes_it(manager: Client) -> None:
    manager.post(
        reverse("setting-new", args=["products"]),
        {"name": "Cold room", "list_price": "12500", "is_active": "on"},
    )
    assert Product.objects.get(name="Cold room").list_price == 12500
    assert "12,500.00" in manager.get(reverse("setting", args=["products"])).content.decode()
