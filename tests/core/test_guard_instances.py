"""What an instance writes: what it changed, over what stands in the row, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, models, transaction

from core.checks import check_guard, names_a_secret
from core.errors import Conflict, Unguarded
from core.ledger.causes import because
from core.ledger.schema import schema_of
from core.ledger.tables import Cause, Change, Kind
from crm.models import Company, Contact, Tag, User
from pipeline.models import Lead, Stage
from tests.core.samples import (
    TRACKED,
    assert_ledger_tells_all,
    changes_since,
    label,
    last_id,
    make,
)
from tests.factories import make_contact, make_user

pytestmark = pytest.mark.django_db


def diff_since(last: int) -> dict[str, Any]:
    (change,) = changes_since(last)
    return dict(change.diff)


def test_two_instances_of_one_row_write_only_what_each_changed() -> None:
    made = make(Company, name="Acme", city="Lyon")
    one, other = Company.objects.get(pk=made.pk), Company.objects.get(pk=made.pk)
    with because(Kind.SYSTEM):
        one.city = "Paris"
        one.save()
        last = last_id()
        other.name = "Acme SA"
        other.save()
    assert diff_since(last) == {"name": ["Acme", "Acme SA"]}
    row = Company.objects.get(pk=made.pk)
    assert (row.name, row.city, row.version) == ("Acme SA", "Paris", 3)
    assert other.city == "Paris", "the saved instance shows what stands in the row"


def test_the_old_value_comes_from_the_row_not_from_the_instance() -> None:
    made = make(Company, city="Lyon")
    one, other = Company.objects.get(pk=made.pk), Company.objects.get(pk=made.pk)
    with because(Kind.SYSTEM):
        one.city = "Paris"
        one.save()
        last = last_id()
        other.city = "Nice"
        other.save()
    assert diff_since(last) == {"city": ["Paris", "Nice"]}


def test_what_somebody_else_set_already_is_no_change() -> None:
    made = make(Company, city="Lyon")
    one, other = Company.objects.get(pk=made.pk), Company.objects.get(pk=made.pk)
    with because(Kind.SYSTEM):
        one.city = other.city = "Paris"
        one.save()
        last = last_id()
        other.save()
    assert changes_since(last) == []
    assert other.version == 2


def test_a_saved_instance_forgets_a_related_record_that_the_row_no_longer_names() -> None:
    old, new = make_user("Old"), make_user("New")
    made = make(Company, owner=old)
    stale = Company.objects.select_related("owner").get(pk=made.pk)
    with because(Kind.SYSTEM):
        Company.objects.filter(pk=made.pk).update(owner=new)
        stale.city = "Paris"
        stale.save()
    assert stale.owner == new


def test_custom_fields_are_changed_key_by_key() -> None:
    made = make(Company, custom={"a": 1, "b": 2, "c": 3})
    one, other = Company.objects.get(pk=made.pk), Company.objects.get(pk=made.pk)
    with because(Kind.SYSTEM):
        one.custom["a"] = 10
        one.save()
        last = last_id()
        other.custom["b"] = 20
        del other.custom["c"]
        other.custom["d"] = 4
        other.save()
    assert diff_since(last) == {
        "custom.b": [2, 20],
        "custom.c": [3, None],
        "custom.d": [None, 4],
    }
    assert Company.objects.get(pk=made.pk).custom == {"a": 10, "b": 20, "d": 4}
    assert_ledger_tells_all()


@pytest.mark.parametrize("before", [{}, {"x": [1]}, {"x": {"deep": [1]}}])
def test_a_json_value_changed_in_place_is_seen(before: dict[str, Any]) -> None:
    made = make(Contact, custom=before)
    contact = Contact.objects.get(pk=made.pk)
    last = last_id()
    contact.custom["y"] = 2
    if "x" in before:
        contact.custom["x"] = contact.custom["x"]
        inner = contact.custom["x"]
        (inner["deep"] if isinstance(inner, dict) else inner).append(2)
    with because(Kind.SYSTEM):
        contact.save()
    diff = diff_since(last)
    assert diff["custom.y"] == [None, 2]
    assert ("custom.x" in diff) == ("x" in before)
    assert_ledger_tells_all()


def test_a_list_column_changed_in_place_is_seen() -> None:
    stage = Stage.objects.get(pk=make(Stage).pk)
    last = last_id()
    stage.required_fields.append("email")
    with because(Kind.SYSTEM):
        stage.save()
    assert diff_since(last) == {"required_fields": [[], ["email"]]}


def test_a_record_that_was_just_made_knows_its_row() -> None:
    with because(Kind.SYSTEM):
        company = Company.objects.create(name="Acme")
        last = last_id()
        company.custom["k"] = 1
        company.save()
    assert diff_since(last) == {"custom.k": [None, 1]}


@pytest.mark.parametrize("reading", ["only", "defer"])
def test_a_deferred_instance_writes_what_it_set(reading: str) -> None:
    made = make(Company, name="Acme", city="Lyon", country="France")
    read = (
        Company.objects.only("name")
        if reading == "only"
        else Company.objects.defer("city", "country")
    )
    company = read.get(pk=made.pk)
    company.city = "Paris"  # set without having been read
    assert company.country == "France"  # read later, by itself
    last = last_id()
    with because(Kind.SYSTEM):
        company.save()
    assert diff_since(last) == {"city": ["Lyon", "Paris"]}
    row = Company.objects.get(pk=made.pk)
    assert (row.name, row.city, row.country) == ("Acme", "Paris", "France")


def test_reading_some_fields_anew_keeps_the_other_changes() -> None:
    made = make(Company, name="Acme", city="Lyon")
    company = Company.objects.get(pk=made.pk)
    company.name = "Acme SA"
    with because(Kind.SYSTEM):
        Company.objects.filter(pk=made.pk).update(city="Paris")
        company.refresh_from_db(fields=["city"])
        last = last_id()
        company.save()
    assert diff_since(last) == {"name": ["Acme", "Acme SA"]}
    assert Company.objects.get(pk=made.pk).city == "Paris"


def test_reading_the_whole_record_anew_drops_changes() -> None:
    company = Company.objects.get(pk=make(Company, name="Acme").pk)
    company.name = "Acme SA"
    company.refresh_from_db()
    last = last_id()
    with because(Kind.SYSTEM):
        company.save()
    assert changes_since(last) == []


def test_saving_some_fields_leaves_the_other_changes_for_later() -> None:
    company = Company.objects.get(pk=make(Company, name="Acme", city="Lyon").pk)
    company.name, company.city = "Acme SA", "Paris"
    with because(Kind.SYSTEM):
        last = last_id()
        company.save(update_fields=["name"])
        assert diff_since(last) == {"name": ["Acme", "Acme SA"]}
        last = last_id()
        company.save()
    assert diff_since(last) == {"city": ["Lyon", "Paris"]}


def test_saving_a_secret_alone_leaves_the_other_changes_for_later() -> None:
    user = User.objects.get(pk=make_user("Ada").pk)
    user.name = "Ada L."
    user.set_password("another-secret-2")
    last = last_id()
    user.save(update_fields=["password"])  # a secret makes no change and needs no cause
    assert changes_since(last) == []
    with because(Kind.SYSTEM):
        user.save()
    assert diff_since(last) == {"name": ["Ada", "Ada L."]}
    assert User.objects.get(pk=user.pk).check_password("another-secret-2")


def test_a_bulk_update_leaves_the_other_changes_for_later() -> None:
    company = Company.objects.get(pk=make(Company, name="Acme", city="Lyon").pk)
    company.name, company.city = "Acme SA", "Paris"
    with because(Kind.SYSTEM):
        Company.objects.bulk_update([company], ["name"])
        last = last_id()
        company.save()
    assert diff_since(last) == {"city": ["Lyon", "Paris"]}


def test_values_fetched_for_peers_are_not_taken_for_changes() -> None:
    keys = [make(Company, city="Lyon").pk, make(Company, city="Lyon").pk]
    peers = list(Company.objects.filter(pk__in=keys).defer("city").fetch_mode(models.FETCH_PEERS))
    assert [peer.city for peer in peers] == ["Lyon", "Lyon"]
    with because(Kind.SYSTEM):
        Company.objects.filter(pk__in=keys).update(city="Paris")
        for peer in peers[1:]:
            peer.name = "New"
            with pytest.raises(Unguarded):
                peer.save()
    assert set(Company.objects.filter(pk__in=keys).values_list("city", flat=True)) == {"Paris"}


@pytest.mark.parametrize("number", [1, 3])
def test_decimals_are_in_the_ledger_as_in_the_row(number: int) -> None:
    values = [12.345, Decimal("0.005"), "7.125"][:number]
    companies = [make(Company) for _ in values]
    with because(Kind.SYSTEM):
        for company, value in zip(companies, values, strict=True):
            company.annual_revenue = value
        Company.objects.bulk_update(companies, ["annual_revenue"])
        Company.objects.create(name="Fresh", annual_revenue=Decimal("3.335"))
        Company.objects.bulk_create(
            [Company(name=f"B{place}", annual_revenue=2.675) for place in range(3)]
        )
        one = Company.objects.get(pk=companies[0].pk)
        one.annual_revenue = Decimal("99.995")
        one.save()
        Company.objects.filter(pk__in=[c.pk for c in companies]).update(
            annual_revenue=Decimal("1.015")
        )
    assert_ledger_tells_all()


def test_a_text_that_is_too_long_is_not_cut_in_silence() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps texts of any length, whatever the column says.")
    companies = [make(Company, name=f"C{place}") for place in range(3)]
    for company in companies:
        company.industry = "x" * 150
    with pytest.raises(DataError), transaction.atomic(), because(Kind.SYSTEM):
        Company.objects.bulk_update(companies, ["industry"])
    assert_ledger_tells_all()


def test_saving_a_record_that_was_deleted_meanwhile_is_a_conflict() -> None:
    made = make(Company)
    stale, gone = Company.objects.get(pk=made.pk), Company.objects.get(pk=made.pk)
    with because(Kind.SYSTEM):
        gone.delete()
        stale.city = "Paris"
        for instance in (stale, gone):
            with pytest.raises(Conflict), transaction.atomic():
                instance.save()
        tag = make(Tag)
        lead = Lead.objects.get(pk=make(Lead).pk)
        Lead.objects.filter(pk=lead.pk).delete()
        with pytest.raises(Conflict), transaction.atomic():
            lead.tags.add(tag)
    assert_ledger_tells_all()


def test_a_copy_gets_a_key_and_a_first_version_of_its_own() -> None:
    company = Company.objects.get(pk=make(Company, name="Acme").pk)
    company.pk, company._state.adding, company.version = None, True, 0
    last = last_id()
    with because(Kind.SYSTEM):
        company.save()
    assert diff_since(last)["name"] == [None, "Acme"]
    assert Company.objects.filter(name="Acme").count() == 2


def test_inserting_over_an_existing_row_is_an_error_and_changes_nothing() -> None:
    made = make(Company, name="Acme")
    last = last_id()
    with pytest.raises(IntegrityError), transaction.atomic(), because(Kind.SYSTEM):
        Company(pk=made.pk, name="Other").save()
    assert changes_since(last) == []
    assert Company.objects.get(pk=made.pk).name == "Acme"


def test_the_version_counts_changes_and_only_those() -> None:
    contact = Contact.objects.get(pk=make_contact("Ann").pk)
    assert contact.version == 1
    with because(Kind.SYSTEM):
        contact.save()
        assert contact.version == 1, "nothing changed"
        contact.job_title = "CEO"
        contact.save()
        Contact.objects.filter(pk=contact.pk).update(job_title="CTO")
        Contact.objects.filter(pk=contact.pk).update(job_title="CTO")
    contact.refresh_from_db()
    assert contact.version == 3
    assert Change.objects.filter(record_type="crm.contact", record_id=contact.pk).count() == 3


def test_machine_columns_make_no_change_and_need_no_cause() -> None:
    lead = make(Lead)
    last = last_id()
    Lead.objects.filter(pk=lead.pk).update(score=50)
    Lead.objects.filter(pk=lead.pk).update(score=models.F("score") + 1)
    row = Lead.objects.get(pk=lead.pk)
    assert (row.score, row.version) == (51, 1)
    assert changes_since(last) == []


@pytest.mark.parametrize("model", TRACKED, ids=label)
def test_no_field_named_like_a_secret_is_without_a_verdict(model: Any) -> None:
    kept = [
        field.name
        for field in model._meta.concrete_fields
        if names_a_secret(field.name) and field.name not in model.ledger_exclude
    ]
    assert kept == []


def test_secrets_stand_in_no_diff_whatever_is_done() -> None:
    user = make_user("Ada")
    secret = User.objects.get(pk=user.pk).password
    token = make("core.apitoken", owner=user)
    with because(Kind.SYSTEM) as cause:
        user.name = "Ada L."
        user.set_password("another-secret-2")
        user.save()
        token.name = "Renamed"
        token.save()
        hashes = {secret, User.objects.get(pk=user.pk).password, token.digest}
        user.delete()
    diffs = list(Change.objects.values_list("diff", flat=True))
    assert len(hashes) == 3
    assert not [diff for diff in diffs if hashes & set(map(str, _leaves(diff)))]
    for diff in diffs:
        assert not {"password", "digest", "last_login"} & diff.keys()
    assert Change.objects.filter(cause=cause.id, action="deleted").count() == 2


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def test_a_savepoint_that_is_rolled_back_leaves_nothing() -> None:
    company = make(Company, city="Lyon")
    last, causes = last_id(), Cause.objects.count()
    with because(Kind.SYSTEM), transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Company.objects.filter(pk=company.pk).update(city="Paris")
            Company.objects.create(name="Other")
            raise ZeroDivisionError
        assert changes_since(last) == []
        assert Cause.objects.count() == causes
        Company.objects.filter(pk=company.pk).update(country="France")
    assert diff_since(last) == {"country": ["", "France"]}
    assert Cause.objects.count() == causes + 1
    assert_ledger_tells_all()


def test_the_models_leave_no_way_past_the_ledger() -> None:
    assert check_guard(None) == []


def test_every_tracked_model_has_guarded_managers() -> None:
    for model in TRACKED:
        assert model._meta.base_manager_name == "objects"
        assert schema_of(model).tracked
