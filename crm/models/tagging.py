"""The tags of contacts and companies."""

from __future__ import annotations

from typing import Any

from django.db import models

from core.ledger.links import Link
from crm.models.world import Company, Contact, Tag


class ContactTag(Link):
    """A tag on a contact."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")

    ledger_parent, ledger_child, ledger_field = "contact", "tag", "tags"

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=["contact", "tag"], name="contact_tag_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.tag_id}"


class CompanyTag(Link):
    """A tag on a company."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")

    ledger_parent, ledger_child, ledger_field = "company", "tag", "tags"

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=["company", "tag"], name="company_tag_once")]

    def __str__(self) -> str:
        return f"{self.company_id} · {self.tag_id}"


#: The rows that hold the tags of a kind of record.
TAG_LINKS: dict[type, Any] = {Contact: ContactTag, Company: CompanyTag}
