"""Every read of what is said."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Self

from django.db.models import Q, QuerySet

from core.ledger.tracked import TrackedQuerySet
from crm.querysets import sees_all

if TYPE_CHECKING:
    from crm.models import User


def on_visible[Rows: QuerySet[Any]](rows: Rows, user: User) -> Rows:
    """Those of `rows` that are on a lead, contact or company that the person sees."""
    if sees_all(user):
        return rows
    from crm.models import Company, Contact
    from pipeline.models import Lead

    return rows.filter(
        Q(lead__in=Lead.objects.visible_to(user).values("pk"))
        | Q(contact__in=Contact.objects.visible_to(user).values("pk"))
        | Q(company__in=Company.objects.visible_to(user).values("pk"))
    )


class NoteQuerySet(TrackedQuerySet[Any]):
    """Reads of notes."""

    def visible_to(self, user: User) -> Self:
        """Those on records that the person sees."""
        return on_visible(self, user)

    def changeable_by(self, user: User) -> Self:
        """One's own; managers may take back any, but put words into nobody's mouth."""
        return self if user.is_manager else self.filter(author=user)

    def on(self, kind: str, pk: int) -> Self:
        """Those on one record ("lead", 5)."""
        return self.filter(**{kind: pk})

    def before(self, at: dt.datetime, pk: int) -> Self:
        """Those that were written before a place in the order of time."""
        return self.filter(created_at__lte=at).exclude(created_at=at, pk__gte=pk)

    def newest_first(self) -> Self:
        """In the order in which they are read."""
        return self.order_by("-created_at", "-id")

    def for_list(self) -> Self:
        """What a list or an API page needs, in one query."""
        return self.select_related("author", "lead", "contact", "company")


class FileQuerySet(TrackedQuerySet[Any]):
    """Reads of files."""

    def visible_to(self, user: User) -> Self:
        """Those on records that the person sees."""
        return on_visible(self, user)

    def changeable_by(self, user: User) -> Self:
        """Those that the person added; managers may delete any."""
        return self if user.is_manager else self.filter(author=user)

    def on(self, kind: str, pk: int) -> Self:
        """Those on one record ("lead", 5), newest first."""
        return self.filter(**{kind: pk}).order_by("-id")

    def for_list(self) -> Self:
        """What a list or an API page needs, in one query."""
        return self.select_related("author", "lead", "contact", "company", "note", "content")

    def for_panel(self) -> Self:
        """What the panel of a record needs, in one query."""
        return self.select_related("author", "content")


class InvitationQuerySet(TrackedQuerySet[Any]):
    """Reads of invitations: who sees the activity sees them, who may change it may invite."""

    def visible_to(self, user: User) -> Self:
        """Those to activities that the person sees."""
        return self.filter(activity__in=_activities().visible_to(user).values("pk"))

    def changeable_by(self, user: User) -> Self:
        """Those to activities that the person may change."""
        return self.filter(activity__in=_activities().changeable_by(user).values("pk"))


class GuestQuerySet(TrackedQuerySet[Any]):
    """Reads of guests."""

    def visible_to(self, user: User) -> Self:
        """Those of activities that the person sees."""
        return self.filter(invitation__activity__in=_activities().visible_to(user).values("pk"))

    def changeable_by(self, user: User) -> Self:
        """Those of activities that the person may change."""
        return self.filter(invitation__activity__in=_activities().changeable_by(user).values("pk"))


def _activities() -> Any:
    from pipeline.models import Activity

    return Activity.objects


class NotificationQuerySet(QuerySet[Any]):
    """Reads of notifications."""

    def of(self, user: User) -> Self:
        """A person's own, of records that they still see, however they were told."""
        mine = self.filter(user=user)
        if sees_all(user):
            return mine
        from crm.models import Company, Contact
        from pipeline.models import Lead

        return mine.filter(
            Q(lead__in=Lead.objects.visible_to(user, singly=True).values("pk"))
            | Q(contact__in=Contact.objects.visible_to(user).values("pk"))
            | Q(company__in=Company.objects.visible_to(user).values("pk"))
        )

    def in_app(self) -> Self:
        """Those that stand in the app."""
        return self.filter(in_app=True)

    def unread(self) -> Self:
        """Those that were not opened yet."""
        return self.filter(read_at__isnull=True)

    def for_list(self) -> Self:
        """What a page needs, in one query."""
        return self.select_related(
            *("change__cause__actor", "lead", "contact", "company", "note"),
            *("activity__type", "activity__assignee"),
        )
