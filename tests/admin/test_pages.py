"""Every page of the administration, tried by everyone."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from core.ledger.tables import Cause, Change
from core.models import ApiToken
from crm.models import Campaign, CampaignCost, CustomField, Medium, Membership, Source, Target
from pipeline.models import ActivityType, LostReason, Pipeline, Stage
from tests import factories

READ_ONLY = {"core.cause", "core.change", "pipeline.lead", "pipeline.activity"}
ADMINS_ONLY = {"core.apitoken"}
OURS = [
    model for model in admin.site._registry if model._meta.app_label in ("core", "crm", "pipeline")
]


@pytest.fixture
def configured(cast: Any, pipeline: Any) -> dict[str, Any]:
    """One record of each kind that the administration shows, by its label."""
    factories.make_tag("Fair")
    company = factories.make_company("Acme", owner=cast.rep)
    factories.make_contact("Ann Lee", company=company)
    lead = factories.make_lead(by=cast.rep, company=company, expected_revenue=Decimal(100))
    factories.make_activity(by=cast.rep, lead=lead)
    factories.make_product("GTX Pro")
    factories.make_token(cast.admin)
    with factories.arranging():
        Source.objects.create(name="Newsletter")
        Medium.objects.create(name="e-mail")
        campaign = Campaign.objects.create(name="Spring")
        day = dt.date(2026, 3, 1)
        CampaignCost.objects.create(campaign=campaign, day=day, amount=5, currency="EUR")
        CustomField.objects.create(subject="pipeline.lead", key="size", label="Size", type="text")
        Target.objects.create(team=cast.team, starts_on=day, currency="EUR", value=Decimal(100))
        if not LostReason.objects.exists():
            LostReason.objects.create(name="Too expensive")
        if not ActivityType.objects.exists():
            ActivityType.objects.create(name="Call")
    return {
        model._meta.label_lower: model._default_manager.order_by("pk").first() for model in OURS
    }


def addresses(configured: dict[str, Any]) -> list[tuple[str, str]]:
    """`(label of the model, address)` of list, add, change, delete and history of each kind."""
    found = []
    for model in OURS:
        label, name = model._meta.label_lower, f"{model._meta.app_label}_{model._meta.model_name}"
        key = configured[label].pk
        found.append((label, reverse(f"admin:{name}_changelist")))
        found.append((label, reverse(f"admin:{name}_change", args=[key])))
        found.append((label, reverse(f"admin:{name}_history", args=[key])))
        if label not in READ_ONLY:
            found.append((label, reverse(f"admin:{name}_add")))
    return found


def test_everything_configurable_is_registered() -> None:
    labels = {model._meta.label_lower for model in OURS}
    assert "auth.group" not in {model._meta.label_lower for model in admin.site._registry}
    assert labels >= {
        "crm.company",
        "crm.contact",
        "pipeline.lead",
        "pipeline.activity",
        "crm.user",
        "crm.team",
        "crm.target",
        "crm.tag",
        "crm.product",
        "crm.source",
        "crm.medium",
        "crm.campaign",
        "crm.campaigncost",
        "crm.customfield",
        "pipeline.pipeline",
        "pipeline.stage",
        "pipeline.lostreason",
        "pipeline.activitytype",
        "core.apitoken",
        "core.cause",
        "core.change",
    }


def test_an_administrator_opens_every_page(configured: dict[str, Any], cast: Any) -> None:
    client = Client()
    client.force_login(cast.admin)
    for label, address in addresses(configured):
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, (label, address)
        assert b"Relance" in answer.content


def test_a_manager_opens_every_page_but_tokens(configured: dict[str, Any], cast: Any) -> None:
    client = Client()
    client.force_login(cast.manager)
    for label, address in addresses(configured):
        expected = 403 if label in ADMINS_ONLY else 200
        assert client.get(address, follow=True).status_code == expected, (label, address)
    assert b"API tokens" not in client.get(reverse("admin:index")).content


@pytest.mark.parametrize("part", ["rep", "mate", "leader", "stranger", "follower"])
def test_whoever_is_no_manager_is_kept_out(
    part: str, configured: dict[str, Any], cast: Any
) -> None:
    client = Client()
    client.force_login(cast.people()[part])
    for label, address in [("index", reverse("admin:index")), *addresses(configured)]:
        answer = client.get(address)
        assert answer.status_code == 302, (label, address)
        assert client.get(answer["Location"]).status_code == 403


def test_visitors_log_in_where_everyone_does(cast: Any) -> None:
    address = reverse("admin:crm_team_changelist")
    answer = Client().get(address, follow=True)
    assert answer.redirect_chain[-1][0] == f"{reverse('login')}?next={address}"


def test_a_rep_writes_nothing_through_the_administration(cast: Any, pipeline: Any) -> None:
    client = Client()
    client.force_login(cast.rep)
    stages = Stage.objects.count()
    client.post(reverse("admin:crm_tag_add"), {"name": "Mine", "colour": ""})
    client.post(
        reverse("admin:pipeline_stage_delete", args=[Stage.objects.first().pk]), {"post": "yes"}
    )
    assert not Change.objects.filter(record_type="crm.tag").exists()
    assert Stage.objects.count() == stages


def test_causes_and_changes_cannot_be_written(configured: dict[str, Any], cast: Any) -> None:
    client = Client()
    client.force_login(cast.admin)
    cause, change = configured["core.cause"], configured["core.change"]
    before = (Cause.objects.count(), Change.objects.count())
    for name, key in (("cause", cause.pk), ("change", change.pk)):
        assert client.get(f"/admin/core/{name}/add/").status_code == 403
        assert client.post(f"/admin/core/{name}/{key}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"/admin/core/change/{change.pk}/change/", {}).status_code == 403
    lead = configured["pipeline.lead"].pk
    assert client.post(f"/admin/pipeline/lead/{lead}/change/", {"title": "x"}).status_code == 403
    assert (Cause.objects.count(), Change.objects.count()) == before


def test_lists_take_no_more_queries_for_thirty_rows_than_for_two(cast: Any, pipeline: Any) -> None:
    """Each list page: its queries do not grow with its rows."""
    from tests.budgets import counting_queries

    client = Client()
    client.force_login(cast.admin)
    names = (
        "crm_team",
        "crm_user",
        "pipeline_stage",
        "crm_campaigncost",
        "core_cause",
        "core_change",
    )

    def measure() -> dict[str, int]:
        found = {}
        for name in names:
            queries: list[str] = []
            client.get(reverse(f"admin:{name}_changelist"))
            with counting_queries(queries):
                assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
            found[name] = len(queries)
        return found

    def fill(start: int, end: int) -> None:
        for number in range(start, end):
            leader = factories.make_user(f"Leader {number}", "leader")
            factories.make_team(f"Team {number}", leader)
            with factories.arranging():
                campaign = Campaign.objects.create(name=f"Campaign {number}")
                day = dt.date(2026, 3, 1)
                CampaignCost.objects.create(campaign=campaign, day=day, amount=1, currency="EUR")
                Stage.objects.create(pipeline=pipeline, name=f"Step {number}")

    fill(0, 2)
    small = measure()
    fill(2, 30)
    large = measure()
    # The list of changes reads names once for each kind of record on its page.
    assert {name: max(0, large[name] - small[name]) for name in names} == dict.fromkeys(names, 0)


def test_a_page_is_spoken_in_the_language_of_its_reader(cast: Any) -> None:
    with factories.arranging():
        cast.admin.language = "fr"
        cast.admin.save()
    client = Client()
    client.force_login(cast.admin)
    assert b'lang="fr"' in client.get(reverse("admin:index")).content


def test_the_seals_of_tokens_are_on_no_page(cast: Any) -> None:
    factories.make_token(cast.admin)
    token = ApiToken.objects.get()
    client = Client()
    client.force_login(cast.admin)
    for name, arguments in (("change", [token.pk]), ("changelist", []), ("history", [token.pk])):
        page = client.get(reverse(f"admin:core_apitoken_{name}", args=arguments))
        assert page.status_code == 200
        assert token.digest not in page.content.decode()


def test_members_are_shown_on_their_team(cast: Any) -> None:
    client = Client()
    client.force_login(cast.manager)
    page = client.get(reverse("admin:crm_team_change", args=[cast.team.pk]))
    assert page.status_code == 200
    assert Membership.objects.filter(team=cast.team).count() == 2
    assert page.content.decode().count('name="memberships-') > 10


def test_a_member_who_is_put_into_a_team_leaves_the_others_where_one_is_the_rule(
    cast: Any, settings: Any
) -> None:
    settings.SINGLE_TEAM = True
    client = Client()
    client.force_login(cast.manager)
    sent: dict[str, Any] = {
        "name": cast.others.name,
        "is_active": "on",
        "expected_version": cast.others.version,
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-MIN_NUM_FORMS": 0,
        "memberships-MAX_NUM_FORMS": 1000,
        "memberships-0-team": cast.others.pk,
        "memberships-0-user": cast.rep.pk,
        "memberships-0-capacity": 30,
        "memberships-0-share": 100,
        "memberships-0-is_active": "on",
    }
    answer = client.post(reverse("admin:crm_team_change", args=[cast.others.pk]), sent)
    assert answer.status_code == 302
    active = Membership.objects.filter(user=cast.rep, is_active=True)
    assert [one.team for one in active] == [cast.others]
    assert Membership.objects.filter(user=cast.rep).count() == 2


def test_pipelines_show_their_stages(cast: Any, pipeline: Pipeline) -> None:
    client = Client()
    client.force_login(cast.manager)
    page = client.get(reverse("admin:pipeline_pipeline_change", args=[pipeline.pk]))
    for stage in pipeline.stages.all():
        assert f'value="{stage.name}"' in page.content.decode()
    assert "js/admin-order.js" in page.content.decode()


def test_companies_and_contacts_are_written_by_their_services(cast: Any) -> None:
    from crm.models import Company, Contact

    client = Client()
    client.force_login(cast.manager)
    values = {"name": "Acme", "owner": "", "domain": "https://www.Acme.example"}
    assert client.post(reverse("admin:crm_company_add"), values).status_code == 302
    company = Company.objects.get()
    assert (company.owner, company.domain_key) == (None, "acme.example")
    change = Change.objects.filter(record_type="crm.company").get()
    assert (change.cause.actor, change.cause.label) == (
        cast.manager,
        "Administration: companies",
    )
    values = {"name": "Ann", "company": company.pk, "consent": "given", "owner": cast.rep.pk}
    assert client.post(reverse("admin:crm_contact_add"), values).status_code == 302
    contact = Contact.objects.get()
    assert contact.consent_at is not None, "the service dates a consent"
    values |= {"name": "Anne", "expected_version": contact.version}
    client.post(reverse("admin:crm_contact_change", args=[contact.pk]), values)
    contact.refresh_from_db()
    assert (contact.name, contact.owner) == ("Anne", cast.rep)
    client.post(reverse("admin:crm_company_delete", args=[company.pk]), {"post": "yes"})
    contact.refresh_from_db()
    assert contact.company is None
    found = client.get(reverse("admin:crm_contact_changelist"), {"q": "ANN"}).content.decode()
    assert "Anne" in found
