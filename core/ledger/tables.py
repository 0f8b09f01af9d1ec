"""The four tables of the ledger: append-only, but for Pending, which empties by handing out."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """Why changes happen."""

    PERSON = "person", _("Person")
    RULE = "rule", _("Rule")
    IMPORT = "import", _("Import")
    BULK_EDIT = "bulk_edit", _("Bulk edit")
    MERGE = "merge", _("Merge")
    API_KEY = "api_key", _("API key")
    FORM = "form", _("Web form")
    MAIL = "mail", _("Mail")
    CHAT = "chat", _("Chat")
    CALL = "call", _("Call")
    SYSTEM = "system", _("System")
    UNDO = "undo", _("Undo")


#: Causes behind which a person of ours or of the customer stands: they touch a record.
TOUCHING = (Kind.PERSON, Kind.FORM, Kind.MAIL, Kind.CHAT, Kind.CALL)


class Cause(models.Model):
    """Why a set of changes happened: who or what did it, and what woke it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("by"),
        db_index=False,
    )
    label = models.CharField(_("label"), max_length=200, blank=True)
    reference = models.CharField(_("reference"), max_length=200, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="children", verbose_name=_("because of")
    )
    depth = models.PositiveSmallIntegerField(default=0)
    quiet = models.BooleanField(_("quiet"), default=False)
    started_at = models.DateTimeField(_("started"), default=timezone.now)

    class Meta:
        verbose_name = _("cause")
        verbose_name_plural = _("causes")
        indexes = [
            models.Index(fields=["-started_at"], name="cause_by_time"),
            models.Index(fields=["actor", "-started_at"], name="cause_by_actor"),
        ]

    def __str__(self) -> str:
        return self.label or str(self.get_kind_display())


class Undo(models.Model):
    """Names which cause undid which. An undo is a cause, so it can be undone as well."""

    id = models.BigAutoField(primary_key=True)
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="undoes", db_index=False)
    undone = models.ForeignKey(Cause, models.PROTECT, related_name="undone_by")
    # False when something was left alone: the undo may be asked for again.
    is_complete = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("undo")
        verbose_name_plural = _("undos")
        constraints = [
            models.UniqueConstraint(fields=["cause", "undone"], name="undo_once_per_cause")
        ]

    def __str__(self) -> str:
        return f"{self.cause_id} ↶ {self.undone_id}"


class Action(models.TextChoices):
    """What a change did to its record."""

    CREATED = "created", _("created")
    UPDATED = "updated", _("updated")
    DELETED = "deleted", _("deleted")


class Change(models.Model):
    """One change of one record.

    `diff` is `{field: [old, new]}`; for a set of records `{field: {"add": […], "remove": […]}}`;
    custom fields appear as `custom.<key>`. Empty values are left out of a created record, and a
    deleted one holds its whole old row. The order of changes is their id; `at` is the moment
    from which the change holds, earlier than its id tells when a file brings dated history.
    """

    id = models.BigAutoField(primary_key=True)
    cause = models.ForeignKey(Cause, models.PROTECT, related_name="changes", db_index=False)
    record_type = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    action = models.CharField(max_length=7, choices=Action)
    diff = models.JSONField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            models.Index(fields=["record_type", "record_id", "id"], name="change_by_record"),
            models.Index(fields=["cause", "id"], name="change_by_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.record_type} {self.record_id} {self.action}"


class Pending(models.Model):
    """A change not yet handed to the consumers.

    The writer of a machine column, which makes no change, emits one with the record and `diff`
    of its own where rules may watch the column.
    """

    id = models.BigAutoField(primary_key=True)
    change = models.OneToOneField(
        Change, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    record_type = models.CharField(max_length=40, blank=True, default="", db_default="")
    record_id = models.BigIntegerField(null=True)
    diff = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pending_is_of_a_change_or_of_a_record",
                condition=models.Q(change__isnull=False, record_id__isnull=True)
                | models.Q(change__isnull=True, record_id__isnull=False, diff__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"pending {self.pk}"
