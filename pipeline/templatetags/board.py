"""The cards of the board for the pages that show them."""

from __future__ import annotations

from django.template import Library
from django.template.loader import get_template
from django.utils.safestring import SafeString

from pipeline.columnfaces import ColumnFace

register = Library()


@register.simple_tag
def cards(column: ColumnFace) -> SafeString:
    """The cards of a column, and the way to those that follow."""
    # Jinja compiles what it prints: a page of a hundred cards in a tenth of the time.
    template = get_template("pipeline/cards.jinja", using="jinja2")
    return SafeString(template.render({"column": column}))
