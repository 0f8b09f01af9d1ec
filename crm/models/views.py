"""Looks at a list or a board that people keep under a name."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ledger.tracked import Tracked
from crm.models.people import Team, User
from crm.querysets import SavedViewQuerySet


class SavedView(Tracked):
    """The query of an address (filter, order, columns, lanes) with a name: for its owner alone, for
    a team, or for everyone. `place` names the list, or is "board"."""

    owner = models.ForeignKey(User, models.CASCADE, related_name="views", verbose_name=_("owner"))
    place = models.CharField(_("list"), max_length=20)
    name = models.CharField(_("name"), max_length=60)
    query = models.TextField(_("filter"), blank=True)
    team = models.ForeignKey(
        Team,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="views",
        verbose_name=_("sales team"),
    )
    is_public = models.BooleanField(_("for everyone"), default=False)

    objects = models.Manager.from_queryset(SavedViewQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "place", "name"], name="view_named_once"),
        ]

    def __str__(self) -> str:
        return self.name
