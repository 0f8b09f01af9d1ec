"""Leads that somebody told apart; see crm/models/distinct.py."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models.distinct import Distinct, told_apart_once
from pipeline.models.leads import Lead


class DistinctLeads(Distinct):
    """Two leads that are about two sales."""

    first = models.ForeignKey(
        Lead, models.CASCADE, related_name="+", verbose_name=_("lead"), db_index=False
    )
    second = models.ForeignKey(Lead, models.CASCADE, related_name="+", verbose_name=_("other lead"))

    class Meta(Distinct.Meta):
        abstract = False
        verbose_name = _("leads told apart")
        verbose_name_plural = _("leads told apart")
        constraints = told_apart_once("leads_apart")
