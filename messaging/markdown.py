"""Markdown of colleagues as HTML that runs nothing and loads nothing.

CommonMark (markdown-it-py) with tables, strikethrough and addresses as links; raw HTML is shown as
text and there are no images, so that reading a note tells nobody. What comes out is cleaned again
(nh3): should the first be wrong, the second still lets no other tag or address through.
"""

from __future__ import annotations

from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = frozenset(
    {
        *("a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "table", "tbody", "td", "th", "thead", "tr"),
    }
)
SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def render(text: str) -> SafeString:
    """The HTML of a text in Markdown."""
    html = nh3.clean(
        _parser().render(text),
        tags=set(TAGS),
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(html)  # noqa: S308 (cleaned in the line above)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": True})
    parser.enable(["linkify", "strikethrough", "table"])
    parser.disable("image")
    return parser
