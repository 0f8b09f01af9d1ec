"""In which currency money is where nobody says it."""

from __future__ import annotations

from crm.organisation import organisation
from pipeline.models import Pipeline


def currency_of(pipeline: Pipeline | None) -> str:
    """The currency of a pipeline's new leads: its own, else that of the organisation."""
    own = pipeline.currency if pipeline is not None else ""
    return own or organisation().currency
