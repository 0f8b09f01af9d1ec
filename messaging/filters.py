"""Filters of what is said, over the API."""

from __future__ import annotations

from core.filters import Filters, IdsFilter, MomentFilter
from messaging.models import File, Note


class NoteFilters(Filters):
    """Filters of notes."""

    lead = IdsFilter("lead", words=())
    contact = IdsFilter("contact", words=())
    company = IdsFilter("company", words=())
    author = IdsFilter("author")
    created_from = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")

    class Meta:
        model = Note
        fields: list[str] = []


class FileFilters(Filters):
    """Filters of files."""

    lead = IdsFilter("lead", words=())
    contact = IdsFilter("contact", words=())
    company = IdsFilter("company", words=())
    note = IdsFilter("note")
    author = IdsFilter("author")
    created_from = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")

    class Meta:
        model = File
        fields: list[str] = []
