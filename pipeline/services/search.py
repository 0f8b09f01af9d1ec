"""The text in which a lead is searched, made by a consumer of the ledger. The only writer of
`search_text`: folded title, company, people, captured names, e-mails and tags."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from core.folding import fold
from core.ledger.dispatch import Handed
from core.ledger.store import update_rows
from core.ledger.work import work
from pipeline.models import Lead, LeadContact, LeadSearch, LeadTag

#: The fields whose change makes the search text of leads stale, by type of record.
WATCHED = {
    "pipeline.lead": {"title", "company", "company_name", "contact_name", "email", "tags"},
    "pipeline.leadcontact": {"lead", "contact"},
    "crm.company": {"name"},
    "crm.contact": {"name", "email"},
    "crm.tag": {"name"},
}
LENGTH = 2000


def take(changes: Sequence[Handed]) -> None:
    """Insert a work row for each record whose change makes search text stale."""
    rows = []
    for change in changes:
        watched = WATCHED.get(change.record_type)
        if watched and (change.action != "updated" or watched & change.diff.keys()):
            rows.append(
                LeadSearch(
                    key=f"search:{change.pending_id}",
                    record_type=change.record_type,
                    record_id=change.record_id,
                )
            )
    LeadSearch.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


def wake() -> None:
    """Ask a worker to make search texts."""
    from pipeline.tasks import send_refresh

    send_refresh()


def refresh(limit: int = 1000) -> int:
    """Do search work that is due; return how many rows were done."""
    return work(LeadSearch, _refresh, limit=limit)


def _refresh(rows: Sequence[LeadSearch]) -> None:
    leads: set[int] = set()
    for row in rows:
        leads.update(_leads_of(row.record_type, row.record_id))
    write_search_text(sorted(leads))


def _leads_of(record_type: str, record_id: int) -> list[int]:
    if record_type == "pipeline.lead":
        return [record_id]
    leads = {
        "pipeline.leadcontact": Lead.objects.filter(lead_contacts=record_id),
        "crm.company": Lead.objects.filter(company=record_id),
        "crm.contact": Lead.objects.filter(lead_contacts__contact=record_id),
        "crm.tag": Lead.objects.filter(tags=record_id),
    }[record_type]
    return list(leads.values_list("pk", flat=True))


def write_search_text(leads: Sequence[int]) -> int:
    """Make the search text of leads anew; return how many differed."""
    changed = 0
    for start in range(0, len(leads), 1000):
        part = leads[start : start + 1000]
        with transaction.atomic():
            rows = list(
                Lead.objects.filter(pk__in=part)
                .order_by("pk")
                .values_list(
                    "pk",
                    "search_text",
                    "title",
                    "company_name",
                    "contact_name",
                    "email",
                    "company__name",
                )
            )
            words: dict[int, list[str]] = {row[0]: [text or "" for text in row[2:]] for row in rows}
            people = LeadContact.objects.filter(lead__in=part).order_by("pk")
            for lead, name, email in people.values_list("lead", "contact__name", "contact__email"):
                words[lead] += [name, email]
            tags = LeadTag.objects.filter(lead__in=part).order_by("tag__name")
            for lead, name in tags.values_list("lead", "tag__name"):
                words[lead].append(name)
            stale = []
            for row in rows:
                text = fold(" ".join(dict.fromkeys(filter(None, words[row[0]]))))[:LENGTH]
                if text != row[1]:
                    stale.append((row[0], None, [text]))
            changed += update_rows(Lead, ["search_text"], stale, "default", counting=False)
    return changed
