"""Whose changes of configuration and touches are seen by whom, over the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from core.api.ledger import register_history
from core.permissions import sight
from crm.models import Campaign, CustomField, Medium, Membership, Product, Source, Tag, Touch
from crm.querysets import sees_all


def visible_touches(user: Any) -> QuerySet[Touch]:
    """Touches of leads in sight; who sees all leads sees all."""
    return Touch.objects.all() if sees_all(user) else Touch.objects.filter(sight("crm.touch", user))


def register() -> None:
    """What everyone reads, everyone sees the changes of; touches as far as they are seen."""
    for model in (Campaign, CustomField, Medium, Membership, Product, Source, Tag):
        register_history(model)
    register_history(Touch, visible_touches)
