"""Every read of imports."""

from __future__ import annotations

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from core.ledger.tables import Cause


class ImportQuerySet(models.QuerySet[Any]):
    """Reads of imports."""

    def visible_to(self, user: Any) -> Self:
        """Managers see all, others their own."""
        return self if user.is_manager else self.filter(by=user)

    def for_list(self) -> Self:
        """The latest first, with who brought them and their files; without what is long.

        `wrote` says whether anything was written.
        """
        return (
            self.defer("errors", "mark")
            .annotate(wrote=Exists(Cause.objects.filter(pk=OuterRef("cause"))))
            .select_related("by")
            .prefetch_related("files")
            .order_by("-id")
        )

    def for_page(self) -> Self:
        """One import with all that its page prints."""
        return self.select_related("by").prefetch_related("files")

    def waiting(self, now: dt.datetime) -> Self:
        """Those to be worked on that no worker holds, the oldest first."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
        return self.filter(free, state__in=("uploaded", "running")).order_by("id")

    def being_written(self, now: dt.datetime) -> Self:
        """Those that a worker is bringing in at this moment."""
        return self.filter(state="running", leased_until__gt=now)
