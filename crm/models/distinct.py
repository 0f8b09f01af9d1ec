"""Records that somebody told apart: they look alike, and are two all the same."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Tracked
from crm.models.world import Company, Contact
from crm.querysets import DistinctQuerySet


class Distinct(Tracked):
    """Two records that are not one: `first` has the lower id. It goes with either of them."""

    at = models.DateTimeField(_("told apart on"), default=timezone.now, editable=False)

    objects = models.Manager.from_queryset(DistinctQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        abstract = True
        ordering = ["-id"]

    def __str__(self) -> str:
        pair: Any = self
        return f"{pair.first} ≠ {pair.second}"

    @classmethod
    def of_what(cls) -> Any:
        """The kind of record that is told apart."""
        return cls._meta.get_field("first").related_model


def told_apart_once(name: str) -> list[models.BaseConstraint]:
    """A pair stands there once, whichever way round it was said."""
    return [
        models.UniqueConstraint(fields=["first", "second"], name=f"{name}_once"),
        models.CheckConstraint(
            name=f"{name}_in_order",
            condition=Q(first__lt=F("second")),
            violation_error_message=_("The lower id comes first."),
        ),
    ]


class DistinctContacts(Distinct):
    """Two contacts that are two people."""

    first = models.ForeignKey(
        Contact, models.CASCADE, related_name="+", verbose_name=_("contact"), db_index=False
    )
    second = models.ForeignKey(
        Contact, models.CASCADE, related_name="+", verbose_name=_("other contact")
    )

    class Meta(Distinct.Meta):
        abstract = False
        verbose_name = _("contacts told apart")
        verbose_name_plural = _("contacts told apart")
        constraints = told_apart_once("contacts_apart")


class DistinctCompanies(Distinct):
    """Two companies that are two."""

    first = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("company"), db_index=False
    )
    second = models.ForeignKey(
        Company, models.CASCADE, related_name="+", verbose_name=_("other company")
    )

    class Meta(Distinct.Meta):
        abstract = False
        verbose_name = _("companies told apart")
        verbose_name_plural = _("companies told apart")
        constraints = told_apart_once("companies_apart")
