"""Who is on a lead: contacts with their role; collaborators, followers; and its tags."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Link, Tracked
from crm.models import Contact, Tag, User


class LeadContact(Tracked):
    """A person on a lead, in a role; one of them is the main contact."""

    class Role(models.TextChoices):
        """What the person is in the decision."""

        DECISION_MAKER = "decision_maker", _("Decision maker")
        CHAMPION = "champion", _("Champion")
        USER = "user", _("User")
        BUYER = "buyer", _("Buyer")

    lead = models.ForeignKey(
        "pipeline.Lead", models.CASCADE, related_name="lead_contacts", db_index=False
    )
    contact = models.ForeignKey(
        Contact, models.CASCADE, related_name="lead_contacts", verbose_name=_("contact")
    )
    role = models.CharField(_("role"), max_length=14, choices=Role, blank=True)
    is_main = models.BooleanField(_("main contact"), default=False)

    class Meta(Tracked.Meta):
        verbose_name = _("person on a lead")
        verbose_name_plural = _("people on a lead")
        ordering = ["-is_main", "id"]
        constraints = [
            models.UniqueConstraint(fields=["lead", "contact"], name="lead_contact_once"),
            models.UniqueConstraint(
                fields=["lead"], name="lead_contact_one_main", condition=Q(is_main=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact}"


class LeadTag(Link):
    """A tag on a lead."""

    lead = models.ForeignKey("pipeline.Lead", models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="+")

    ledger_parent, ledger_child, ledger_field = "lead", "tag", "tags"

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=["lead", "tag"], name="lead_tag_once")]

    def __str__(self) -> str:
        return f"{self.lead_id} · {self.tag_id}"


class LeadCollaborator(Link):
    """A colleague who may edit a lead beside its owner."""

    lead = models.ForeignKey("pipeline.Lead", models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    ledger_parent, ledger_child, ledger_field = "lead", "user", "collaborators"

    class Meta(Link.Meta):
        constraints = [
            models.UniqueConstraint(fields=["lead", "user"], name="lead_collaborator_once")
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} · {self.user_id}"


class LeadFollower(Link):
    """Somebody who sees a lead and wants to hear of it."""

    lead = models.ForeignKey("pipeline.Lead", models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    ledger_parent, ledger_child, ledger_field = "lead", "user", "followers"

    class Meta(Link.Meta):
        constraints = [models.UniqueConstraint(fields=["lead", "user"], name="lead_follower_once")]

    def __str__(self) -> str:
        return f"{self.lead_id} · {self.user_id}"
