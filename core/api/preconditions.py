"""Versions in headers: `ETag`, `If-Match` and `If-None-Match` (RFC 9110, section 13).

A record's tag is `"<version>-<digest>"`. The digest covers all that is shown, so that a 304 never
hides a value that moves without the record's version (a name of a record it refers to, a machine's
score). `If-Match` looks at the version alone, and takes `"<version>"` as well: an edit is stale
only when the record itself was changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from django.utils.translation import gettext as _
from rest_framework.request import Request

from core.api.problems import BadRequest, PreconditionFailed

_TAG = re.compile(r'\s*(W/)?"([^"]*)"\s*(?:,|$)')
_VERSION = re.compile(r"(\d{1,9})(?:-[0-9a-f]+)?")


def tag_of(version: int, content: bytes) -> str:
    """The entity tag of a record that is shown as `content`."""
    return f'"{version}-{hashlib.blake2s(content, digest_size=6).hexdigest()}"'


def read_tags(header: str) -> list[tuple[bool, str]] | None:
    """The entity tags of a header as (weak, text); None for `*`. BadRequest when malformed."""
    if header.strip() == "*":
        return None
    tags: list[tuple[bool, str]] = []
    place = 0
    while place < len(header):
        found = _TAG.match(header, place)
        if found is None:
            raise BadRequest(_("The header holds something that is not an entity tag."))
        tags.append((bool(found[1]), found[2]))
        place = found.end()
    return tags


def wanted_versions(request: Request) -> Sequence[int] | None:
    """The versions that `If-Match` accepts; None when the header is absent or `*`.

    Weak tags and texts that are no version match nothing (strong comparison).
    """
    header = request.headers.get("If-Match")
    tags = read_tags(header) if header else None
    if tags is None:
        return None
    found = [_VERSION.fullmatch(text) for weak, text in tags if not weak]
    return [int(match[1]) for match in found if match]


def expected_version(request: Request, current: int | None = None) -> int | None:
    """The version that a service is to expect under the row lock; None when any will do.

    `current` is the version just seen; it is needed only when the header lists several tags.
    Raises PreconditionFailed when it is none of them.
    """
    wanted = wanted_versions(request)
    if wanted is None:
        return None
    if current is None:
        # Nothing that a version could be: no record has version 0.
        return wanted[0] if wanted else 0
    if current not in wanted:
        raise PreconditionFailed(_("The record has changed since you read it."))
    return current


def is_unchanged(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` says that the client holds what `tag` stands for."""
    header = request.headers.get("If-None-Match")
    if not header:
        return False
    tags = read_tags(header)
    return tags is None or any(f'"{text}"' == tag for _weak, text in tags)
