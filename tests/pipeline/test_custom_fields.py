"""Custom fields: made in the settings, and then there at every door, whatever they hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.commands import search
from core.ledger.causes import because
from core.ledger.tables import Cause, Change, Kind
from core.ledger.words import tell
from core.services.undoing import undo_cause
from crm.models import Company, Contact, CustomField
from pipeline.models import Lead, Stage
from pipeline.services.leads import update_lead
from tests import factories

#: Each kind: what is typed, what is stored, what is read.
KINDS: dict[str, tuple[Any, Any, str]] = {
    "text": ("North hall", "North hall", "North hall"),
    "number": ("12.5", 12.5, "12.5"),
    "money": ("1,500.50", 1500.5, "1,500.50"),
    "date": ("2027-03-31", "2027-03-31", "31 Mar 2027"),
    "choice": ("b", "b", "Beta"),
    "choices": (["a", "b"], ["a", "b"], "Alpha, Beta"),
    "yes_no": ("true", True, "Yes"),
    "user": (None, None, "Rita Rep"),
    "company": ("Nordwind", None, "Nordwind"),
}
OPTIONS = [{"id": "a", "label": "Alpha"}, {"id": "b", "label": "Beta"}]


@pytest.fixture
def manager(cast: Any, client: Client) -> Client:
    """A manager's browser."""
    client.force_login(cast.manager)
    return client


@pytest.fixture
def lead(cast: Any, stages: Any) -> Any:
    """A lead in the first stage."""
    return factories.make_lead(by=cast.manager, title="Cold storage", stage=stages[0])


def make(kind: str = "choice", subject: str = "pipeline.lead", **values: Any) -> CustomField:
    """A custom field of a kind."""
    options = OPTIONS if kind.startswith("choice") else []
    with factories.arranging():
        return CustomField.objects.create(
            **{"key": "extra", "label": "Extra", "options": options, **values},
            subject=subject,
            type=kind,
        )


def told(kind: str, cast: Any) -> tuple[Any, Any, str]:
    """What is typed, stored and read of a kind."""
    typed, stored, words = KINDS[kind]
    if kind == "user":
        return str(cast.rep.pk), cast.rep.pk, words
    if kind == "company":
        return typed, factories.make_company("Nordwind").pk, words
    return typed, stored, words


def sent(**fields: Any) -> dict[str, Any]:
    """The form of a new field as a browser sends it."""
    return {
        "subject": "pipeline.lead",
        "type": "text",
        "label": "Seats",
        "is_active": "on",
    } | fields


def last_cause() -> Any:
    """The cause of the last deed."""
    return Cause.objects.latest("started_at").pk


def test_a_field_is_made_with_its_choices_and_stages_and_undone(
    manager: Client, cast: Any, stages: Any
) -> None:
    new = reverse("setting-new", args=["custom-fields"])
    fields = sent(
        type="choices",
        label="Größe & Art",
        help_text="As <told>",
        options_id=["", "", ""],
        options_label=["Small", "Large", ""],
        stages=[stages[1].pk],
    )
    assert manager.post(new, fields).status_code == 302
    field = CustomField.objects.get()
    assert field.key == "grosse_art"
    assert field.options == [{"id": "small", "label": "Small"}, {"id": "large", "label": "Large"}]
    assert Stage.objects.get(pk=stages[1].pk).required_fields == ["custom.grosse_art"]
    assert manager.post(new, fields).status_code == 302
    assert CustomField.objects.latest("pk").key == "grosse_art_2"
    form = manager.get(reverse("lead-new")).content.decode()
    assert "As &lt;told&gt;" in form
    undo_cause(cause=last_cause(), by=cast.manager)
    assert CustomField.objects.get().pk == field.pk


def test_a_choice_keeps_its_id_when_it_is_renamed(manager: Client, lead: Any) -> None:
    field = make()
    set_value(lead, "b")
    edit = reverse("setting-edit", args=["custom-fields", field.pk])
    fields = sent(label="Extra", options_id=["a", "b"], options_label=["Alpha", "Better"])
    assert manager.post(edit, fields).status_code == 302
    field.refresh_from_db()
    assert field.options[1] == {"id": "b", "label": "Better"}
    assert "Better" in manager.get(lead.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("kind", "value", "rest"), [("choice", "b", None), ("choices", ["a", "b"], ["a"])]
)
def test_removing_a_choice_in_use_asks_and_is_undone(
    kind: str, value: Any, rest: Any, manager: Client, lead: Any, cast: Any
) -> None:
    field = make(kind)
    set_value(lead, value)
    edit = reverse("setting-edit", args=["custom-fields", field.pk])
    fields = sent(label="Extra", options_id=["a"], options_label=["Alpha"])
    answer = manager.post(edit, fields)
    assert answer.status_code == 422
    assert "1 record has “Beta”." in answer.content.decode()
    assert stored(lead) == value
    assert manager.post(edit, {**fields, "take_off": "on"}).status_code == 302
    assert stored(lead) == rest
    undo_cause(cause=last_cause(), by=cast.manager)
    assert stored(lead) == value
    assert len(CustomField.objects.get().options) == 2


def test_the_api_does_not_take_a_choice_in_use(lead: Any, cast: Any, client: Client) -> None:
    field = make()
    set_value(lead, "b")
    key = factories.make_token(cast.manager)
    answer = client.patch(
        f"/api/v1/custom-fields/{field.pk}/",
        json.dumps({"options": OPTIONS[:1]}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 400
    assert "Beta" in answer.content.decode()


def test_out_of_use_keeps_values_and_no_stage_asks_for_it(
    manager: Client, lead: Any, stages: Any
) -> None:
    field = make("text")
    set_value(lead, "kept")
    with factories.arranging():
        stages[1].required_fields = ["email", "custom.extra"]
        stages[1].save()
    edit = reverse("setting-edit", args=["custom-fields", field.pk])
    fields = sent(label="Extra", stages=[stages[1].pk])
    del fields["is_active"]
    assert manager.post(edit, fields).status_code == 302
    assert not CustomField.objects.get().is_active
    assert Stage.objects.get(pk=stages[1].pk).required_fields == ["email"]
    assert stored(lead) == "kept"


def test_deleting_tells_what_goes_and_one_undo_brings_all_of_it_back(
    manager: Client, lead: Any, stages: Any, cast: Any
) -> None:
    field = make("number")
    set_value(lead, 5)
    with factories.arranging():
        stages[1].required_fields = ["custom.extra"]
        stages[1].save()
    address = reverse("setting-delete", args=["custom-fields", field.pk])
    assert "1 record has a value of it" in manager.get(address).content.decode()
    manager.post(address)
    assert not CustomField.objects.exists()
    assert stored(lead) is None
    assert Stage.objects.get(pk=stages[1].pk).required_fields == []
    undo_cause(cause=last_cause(), by=cast.manager)
    assert CustomField.objects.get().pk == field.pk
    assert stored(lead) == 5
    assert Stage.objects.get(pk=stages[1].pk).required_fields == ["custom.extra"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_move_asks_for_what_its_stage_requires(
    kind: str, manager: Client, lead: Any, stages: Any, cast: Any
) -> None:
    typed, value, _words = told(kind, cast)
    make(kind)
    with factories.arranging():
        stages[1].required_fields = ["custom.extra"]
        stages[1].save()
    address = reverse("lead-move", args=[lead.pk])
    asked = manager.get(address, {"stage": stages[1].pk}).content.decode()
    assert 'name="custom.extra"' in asked
    fields = {"stage": stages[1].pk, "place": "top", "version": lead.version}
    assert manager.post(address, fields).status_code == 422
    assert manager.post(address, {**fields, "custom.extra": typed}).status_code == 302
    found = Lead.objects.get(pk=lead.pk)
    assert (found.stage_id, found.custom) == (stages[1].pk, {"extra": value})


@pytest.mark.parametrize("kind", KINDS)
def test_a_value_is_edited_read_listed_and_undone(
    kind: str, manager: Client, lead: Any, cast: Any
) -> None:
    typed, value, words = told(kind, cast)
    make(kind)
    address = reverse("lead-fact", args=[lead.pk, "custom.extra"])
    answer = manager.post(address, {"custom.extra": typed, "version": lead.version})
    assert answer.status_code in (200, 302), answer.content
    assert stored(lead) == value
    assert words in manager.get(lead.get_absolute_url()).content.decode()
    listed = manager.get(reverse("leads"), {"columns": "title,custom.extra"}).content.decode()
    exported = manager.get(
        reverse("leads-export"), {"columns": "title,custom.extra", "format": "csv"}
    )
    assert exported.status_code == 200
    if kind not in ("money", "date"):
        assert words in listed
    change = Change.objects.filter(record_type="pipeline.lead", record_id=lead.pk).latest("pk")
    line = next(line for told in tell([change]) for line in told.lines)
    assert (line.label, line.old, line.new) == ("Extra", "", words)
    undo_cause(cause=change.cause_id, by=cast.manager)
    assert stored(lead) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("subject", "name"), [("crm.company", "company"), ("crm.contact", "contact")]
)
def test_contacts_and_companies_have_them_too(
    kind: str, subject: str, name: str, manager: Client, cast: Any
) -> None:
    typed, value, words = told(kind, cast)
    make(kind, subject)
    answer = manager.post(reverse(f"{name}-new"), {"name": "Aurora", "custom.extra": typed})
    assert answer.status_code == 302
    model: Any = {"company": Company, "contact": Contact}[name]
    record = model.objects.get(name="Aurora")
    assert record.custom == {"extra": value}
    assert words in manager.get(record.get_absolute_url()).content.decode()
    edit = manager.get(reverse(f"{name}-edit", args=[record.pk])).context["form"]
    shown = {bound.html_name: bound.value() for bound in edit if bound.value() is not None}
    manager.post(reverse(f"{name}-edit", args=[record.pk]), {**shown, "name": "Aurora 2"})
    record.refresh_from_db()
    assert (record.name, record.custom) == ("Aurora 2", {"extra": value})


def test_a_company_out_of_sight_cannot_be_named(lead: Any, cast: Any, client: Client) -> None:
    make("company")
    factories.make_company("Hidden Works", owner=cast.stranger)
    client.force_login(cast.rep)
    address = reverse("lead-fact", args=[lead.pk, "custom.extra"])
    answer = client.post(address, {"custom.extra": "Hidden Works", "version": lead.version})
    assert answer.status_code == 422
    assert stored(lead) is None


@pytest.mark.parametrize("words", ["custom fields", "champs personnalisés", "properties"])
def test_the_palette_finds_the_page_for_managers_alone(words: str, cast: Any) -> None:
    address = reverse("setting", args=["custom-fields"])
    found = [line.url for group in search(cast.manager, words) for line in group.found]
    assert found.count(address) == 1
    assert address not in [line.url for group in search(cast.rep, words) for line in group.found]


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("lost reasons", "lost-reasons"),
        ("motif de perte", "lost-reasons"),
        ("deal stages", "stages"),
        ("équipes commerciales", "teams"),
        ("lead source", "sources"),
        ("labels", "tags"),
        ("sales process", "pipelines"),
        ("types d’activité", "activity-types"),
    ],
)
def test_the_words_of_other_programs_lead_to_the_settings(words: str, page: str, cast: Any) -> None:
    found = [line.url for group in search(cast.manager, words) for line in group.found]
    assert found.count(reverse("setting", args=[page])) == 1
    assert not [url for url in found if url.startswith("/admin/")]


def set_value(lead: Any, value: Any) -> None:
    """Put a value on a lead."""
    with because(Kind.SYSTEM):
        update_lead(lead=lead.pk, values={"custom": {"extra": value}}, by=None)


def stored(lead: Any) -> Any:
    """The value that a lead has."""
    return Lead.objects.get(pk=lead.pk).custom.get("extra")
