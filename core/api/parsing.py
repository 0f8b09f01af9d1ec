"""Reading JSON bodies, of a bounded size and depth, into texts that a database can hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.utils import json


class BodyParser(JSONParser):
    """JSON in UTF-8 (RFC 8259), strict: no NaN, no lone surrogates, no bottomless nesting."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; ParseError when it is not JSON."""
        raw = (parser_context or {})["request"]._request.body
        try:
            text = raw.decode("utf-8")
            found = json.loads(text)
            if "\\u" in text:
                json.dumps(found, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not JSON in UTF-8.")) from error
        return found
