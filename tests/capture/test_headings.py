"""Headings of other programs: whose they are, what their rows are, which column is which field."""

from __future__ import annotations

import json

import pytest

from capture.headings import BadOption, Origin, match, origin_of, read_map, subject_of
from capture.synonyms import SYNONYMS, Subject, heading_key
from tests.capture.arranging import REAL

HEADERS = REAL / "crm_exports"
needs_headers = pytest.mark.skipif(
    not HEADERS.is_dir(), reason="the lists of vendors' headings are not beside the project"
)


def fields(headings: list[str], subject: Subject = Subject.LEAD) -> dict[str, str]:
    found = match(headings, subject, {})
    return {name: headings[place] for place, name in found.fields.items()}


def vendor(name: str, table: str) -> list[str]:
    headings: list[str] = json.loads((HEADERS / f"{name}_headers.json").read_text())[table]
    return headings


VENDORS = [
    ("salesforce_weekly_export_standard", "Opportunity", Origin.SALESFORCE, Subject.LEAD),
    ("salesforce_weekly_export_standard", "Lead", Origin.SALESFORCE, Subject.LEAD),
    ("salesforce_weekly_export_standard", "Account", Origin.SALESFORCE, Subject.COMPANY),
    ("salesforce_weekly_export_standard", "Contact", Origin.SALESFORCE, Subject.CONTACT),
    ("salesforce_weekly_export_standard", "User", Origin.SALESFORCE, Subject.USER),
    ("salesforce_weekly_export_standard", "Task", Origin.SALESFORCE, Subject.OTHER),
    ("salesforce_weekly_export_standard", "Event", Origin.SALESFORCE, Subject.OTHER),
    ("salesforce_weekly_export_standard", "OpportunityHistory", Origin.SALESFORCE, Subject.OTHER),
    ("hubspot", "deals_documented", Origin.HUBSPOT, Subject.LEAD),
    ("hubspot", "contacts_all_properties_2023", Origin.HUBSPOT, Subject.CONTACT),
    ("hubspot", "companies_labels", Origin.HUBSPOT, Subject.COMPANY),
    ("hubspot", "calls_documented", Origin.HUBSPOT, Subject.OTHER),
    ("pipedrive", "deals_export", Origin.PIPEDRIVE, Subject.LEAD),
    ("pipedrive", "deals_import_reference", Origin.PIPEDRIVE, Subject.LEAD),
    ("pipedrive", "leads_import_reference", Origin.PIPEDRIVE, Subject.LEAD),
    ("pipedrive", "people_export_2026", Origin.PIPEDRIVE, Subject.CONTACT),
    ("pipedrive", "organizations_export_2026", Origin.PIPEDRIVE, Subject.COMPANY),
    ("pipedrive", "products_import_reference", Origin.PIPEDRIVE, Subject.PRODUCT),
    ("pipedrive", "activities_import_reference", Origin.PIPEDRIVE, Subject.OTHER),
    ("zoho", "leads_backup_2026_standard", Origin.ZOHO, Subject.LEAD),
    ("zoho", "deals_seen", Origin.ZOHO, Subject.LEAD),
    ("zoho", "contacts_seen", Origin.ZOHO, Subject.CONTACT),
    ("zoho", "notes", Origin.ZOHO, Subject.OTHER),
]


@needs_headers
@pytest.mark.parametrize(("name", "table", "origin", "subject"), VENDORS)
def test_vendors_files_are_recognised(
    name: str, table: str, origin: Origin, subject: Subject
) -> None:
    headings = vendor(name, table)
    assert origin_of(headings) is origin
    assert subject_of(headings) is subject


@needs_headers
@pytest.mark.parametrize(
    ("name", "table", "expected"),
    [
        (
            "salesforce_weekly_export_standard",
            "Opportunity",
            {
                "external_id": "Id",
                "title": "Name",
                "stage": "StageName",
                "expected_revenue": "Amount",
                "close_date": "CloseDate",
                "company_id": "AccountId",
                "owner_id": "OwnerId",
                "contact_id": "ContactId",
                "is_won": "IsWon",
                "is_deleted": "IsDeleted",
                "created_at": "CreatedDate",
                "stage_entered_at": "LastStageChangeDate",
                "currency": "CurrencyIsoCode",
                "source": "LeadSource",
            },
        ),
        (
            "salesforce_weekly_export_standard",
            "Lead",
            {
                "first_name": "FirstName",
                "last_name": "LastName",
                "company": "Company",
                "email": "Email",
                "phone": "Phone",
                "stage": "Status",
                "owner_id": "OwnerId",
            },
        ),
        (
            "hubspot",
            "deals_documented",
            {
                "external_id": "Record ID",
                "title": "Deal Name",
                "pipeline": "Pipeline",
                "stage": "Deal Stage",
                "expected_revenue": "Amount",
                "currency": "Currency",
                "close_date": "Close Date",
                "created_at": "Create Date",
                "owner": "Deal owner",
                "lost_reason": "Closed Lost Reason",
                "company": "Associated Company",
                "contact_name": "Associated Contact",
            },
        ),
        (
            "pipedrive",
            "deals_export",
            {
                "external_id": "Deal - ID",
                "title": "Deal - Title",
                "owner": "Deal - Owner",
                "expected_revenue": "Deal - Value",
                "currency": "Deal - Currency of Value",
                "company": "Deal - Organization",
                "contact_name": "Deal - Contact person",
                "stage": "Deal - Stage",
                "status": "Deal - Status",
                "won_at": "Deal - Won time",
                "lost_at": "Deal - Lost time",
                "lost_reason": "Deal - Lost reason",
                "expected_close": "Deal - Expected close date",
            },
        ),
        (
            "pipedrive",
            "deals_import_reference",
            {
                "stage": "Deal - Stage (pipeline)",
                "company": "Organization",
                "title": "Deal - Title",
            },
        ),
        (
            "zoho",
            "deals_seen",
            {
                "external_id": "Record Id",
                "title": "Deal Name",
                "company": "Account Name",
                "contact_name": "Contact Name",
                "stage": "Stage",
                "close_date": "Closing Date",
                "expected_revenue": "Amount",
            },
        ),
        (
            "zoho",
            "leads_backup_2026_standard",
            {"company": "Company", "email": "Email", "stage": "Lead Status", "owner": "Lead Owner"},
        ),
    ],
)
def test_vendors_main_fields_are_found(name: str, table: str, expected: dict[str, str]) -> None:
    found = fields(vendor(name, table))
    assert {field: found.get(field) for field in expected} == expected


def test_french_headings_are_found() -> None:
    headings = ["Société", "Commercial", "Étape", "Montant", "Date de clôture", "Motif de perte"]
    assert fields(headings) == {
        "company": "Société",
        "owner": "Commercial",
        "stage": "Étape",
        "expected_revenue": "Montant",
        "close_date": "Date de clôture",
        "lost_reason": "Motif de perte",
    }


def test_case_dashes_and_spaces_do_not_count() -> None:
    for heading in ("deal_stage", "Deal Stage", "DEAL-STAGE", "dealStage"):
        assert fields([heading]) == {"stage": heading}


def test_a_title_beside_a_last_name_is_a_job_title() -> None:
    assert "title" not in fields(["First Name", "Last Name", "Title", "Company"])
    assert fields(["Title", "Company"])["title"] == "Title"


def test_weighted_revenue_is_not_taken_for_the_amount() -> None:
    found = fields(["Name", "Amount", "ExpectedRevenue", "StageName"])
    assert found["expected_revenue"] == "Amount"
    assert fields(["Opportunity", "Expected Revenue"])["expected_revenue"] == "Expected Revenue"


def test_the_date_of_a_stage_is_known_by_its_heading() -> None:
    heading = 'Date entered "Proposal (Sales)"'
    assert fields([heading, "Deal Name"]) == {"entered:Proposal": heading, "title": "Deal Name"}
    assert fields(["engage_date"]) == {"entered:Engaging": "engage_date"}


def test_of_two_columns_for_one_field_one_counts_and_the_other_is_named() -> None:
    found = match(["Amount", "Deal Value", "Colour"], Subject.LEAD, {})
    assert found.fields == {0: "expected_revenue"}
    assert found.unknown == [1, 2]


def test_a_given_column_wins() -> None:
    given = read_map(["Colour = description", "Wert=expected_revenue"])
    found = match(["Amount", "colour", "Wert"], Subject.LEAD, given)
    assert found.fields == {1: "description", 2: "expected_revenue"}


@pytest.mark.parametrize("pair", ["Colour=paint", "Colour", "=title"])
def test_a_map_that_means_nothing_is_refused(pair: str) -> None:
    with pytest.raises(BadOption):
        read_map([pair])


def test_every_synonym_says_one_thing_only() -> None:
    """A heading listed under two fields of one subject would be read by the order of a dict."""
    for subject, table in SYNONYMS.items():
        owner: dict[str, str] = {}
        for name, words in table.items():
            for word in words.split(","):
                key = heading_key(word)
                assert owner.setdefault(key, name) == name, (subject, word, name, owner[key])
