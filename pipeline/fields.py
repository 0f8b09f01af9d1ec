"""What conditions may ask of leads and activities."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.conditions import records, types
from core.conditions.columns import Path
from core.conditions.declaring import Declarer, kept, pointed, prefixed
from core.conditions.fields import Field, Label, Relation, declare, model_rows
from core.conditions.times import Age, Date, DateTime
from core.folding import email_key
from crm.fields import EMAIL, UPPER, USER, company_facts, dial, of_company

#: The last number that a small column holds.
MOST_SMALL = 32767


def register() -> None:
    """Declare leads with their people and activities, and activities on contacts and companies."""
    declare("pipeline.lead", lead_fields(), lead_relations())
    declare("pipeline.activity", activity_fields())
    declare("pipeline.leadcontact", person_fields())
    for subject, key in (("crm.contact", "contact"), ("crm.company", "company")):
        declare(subject, [], [activities_by(key)])


def lead_fields() -> list[Field]:
    """The fields of a lead, in the order in which a builder offers them."""
    from crm.models import Company
    from pipeline.models import Lead

    lead, company = Declarer(Lead), Declarer(Company)
    record = records.Record
    return [
        lead.text("title"),
        Field("search", _("any text"), types.Search(), Path("search_text")),
        lead.plain("pipeline", record("pipeline.pipeline")),
        lead.plain("stage", record("pipeline.stage")),
        lead.choice("status"),
        lead.choice("kind"),
        lead.plain("owner", USER),
        lead.plain("team", records.Team("crm.team")),
        lead.members("collaborators", records.Users("crm.user")),
        lead.members("followers", records.Users("crm.user")),
        lead.members("tags", records.Records("crm.tag")),
        lead.plain("expected_revenue", types.money()),
        lead.plain("currency", UPPER),
        lead.plain("recurring_revenue", types.money()),
        lead.choice("recurring_plan"),
        lead.plain("expected_close", Date()),
        lead.plain(
            "close_pushed",
            types.Number(lowest=0, highest=MOST_SMALL, places=0),
            _("times the close was put off"),
        ),
        lead.choice("forecast_category"),
        lead.plain("product", record("crm.product")),
        lead.plain("lost_reason", record("pipeline.lostreason")),
        lead.plain("stars", types.Number(lowest=0, highest=3, places=0), _("priority (stars)")),
        lead.plain("score", types.Number(lowest=0, highest=MOST_SMALL, places=0)),
        lead.plain("probability", types.Percent(), _("probability")),
        lead.plain("next_activity_at", DateTime()),
        lead.plain("last_activity_at", DateTime()),
        age("days_since_activity", _("days since the last activity"), "last_activity_at"),
        lead.plain("stage_entered_at", DateTime()),
        age("days_in_stage", _("days in the stage"), "stage_entered_at"),
        lead.plain("touched_at", DateTime()),
        age("days_untouched", _("days since the last touch"), "touched_at"),
        lead.plain("created_at", DateTime()),
        age("days_since_creation", _("days since the creation"), "created_at", known=True),
        *(
            lead.plain(name, DateTime())
            for name in ("updated_at", "assigned_at", "converted_at", "closed_at", "archived_at")
        ),
        lead.plain("source", record("crm.source")),
        lead.plain("medium", record("crm.medium")),
        lead.plain("campaign", record("crm.campaign")),
        lead.plain("budget_confirmed", types.YesNo()),
        lead.plain("budget_amount", types.money()),
        lead.plain("decision_maker_known", types.YesNo()),
        lead.choice("timeframe"),
        lead.plain("pain", types.LongText()),
        lead.plain("company_fit", types.YesNo()),
        lead.plain("description", types.LongText()),
        lead.plain("lost_note", types.LongText()),
        lead.text("contact_name"),
        lead.text("company_name"),
        lead.text("email", EMAIL, email_key),
        lead.text("phone", make=dial),
        lead.plain("company", record("crm.company")),
        *prefixed("company", company_facts(), record_type=company_type(company), label=of_company),
    ]


def company_type(company: Declarer) -> str:
    """The record type of companies."""
    return company.model._meta.label_lower


def age(name: str, label: Label, column: str, *, known: bool = False) -> Field:
    """The days since an instant; `known` when the past holds the instant."""
    return Field(name, label, Age(), Path(column), kept(column) if known else None)


def lead_relations() -> list[Relation]:
    """What hangs on a lead and may be asked about as a group."""
    from pipeline.models import LeadContact

    return [
        activities_by("lead"),
        Relation(
            "contacts",
            _("people"),
            "pipeline.leadcontact",
            model_rows(LeadContact, "lead"),
            lambda lead: lead.lead_contacts.all(),
        ),
    ]


def activities_by(key: str) -> Relation:
    """The activities on a record, which they point to by `key`."""
    from pipeline.models import Activity

    return Relation(
        "activities",
        _("activities"),
        "pipeline.activity",
        model_rows(Activity, key),
        lambda record: record.activities.all(),
    )


def activity_fields() -> list[Field]:
    """The fields of an activity."""
    from pipeline.models import Activity

    activity = Declarer(Activity)
    return [
        activity.plain("type", records.Record("pipeline.activitytype")),
        activity.plain("assignee", USER),
        activity.plain("due_at", DateTime()),
        activity.plain("done_at", DateTime()),
        activity.choice("outcome"),
        activity.plain("summary", types.LongText()),
        activity.plain("note", types.LongText()),
        activity.plain("feedback", types.LongText()),
        activity.plain("created_at", DateTime()),
        activity.plain("lead", records.Record("pipeline.lead")),
        activity.plain("contact", records.Record("crm.contact")),
        activity.plain("company", records.Record("crm.company")),
    ]


def person_fields() -> list[Field]:
    """The fields of a person on a lead: the role, and the contact."""
    from crm.models import Contact
    from pipeline.models import LeadContact

    link, contact = Declarer(LeadContact), Declarer(Contact)
    facts = [
        contact.text("name"),
        contact.text("job_title"),
        contact.text("email", EMAIL, email_key),
        contact.plain("language", types.Code(lambda text: text.strip().lower())),
        contact.choice("consent"),
    ]
    return [
        link.choice("role"),
        link.plain("is_main", types.YesNo()),
        link.plain("contact", records.Record("crm.contact")),
        *(
            Field(
                fact.name,
                fact.label,
                fact.type,
                Path(f"contact__{fact.column.path}"),
                pointed("contact", "crm.contact", fact.past),
            )
            for fact in facts
            if isinstance(fact.column, Path)
        ),
    ]
