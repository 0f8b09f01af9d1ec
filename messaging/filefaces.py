"""Files as they are printed: in the panel of a record, and below a note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from messaging.models import File

if TYPE_CHECKING:
    from crm.models import User

#: Files shown on the page of a record; a page of its own has the rest.
SHOWN = 10
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileFace:
    """A file, ready to print; an address is "" where there is nothing to do."""

    pk: int
    name: str
    size: str
    who: str
    at: dt.datetime
    url: str
    delete_url: str


@dataclass(frozen=True, slots=True)
class Files:
    """The latest files on a record, where more are added, and where older ones are."""

    url: str
    files: Sequence[FileFace]
    more_url: str
    most_bytes: int
    most_mb: int


def file_face(file: File, user: User) -> FileFace:
    """A file for a person."""
    kept = file.content.removed_at is None
    mine = file.author_id == user.pk or user.is_manager
    return FileFace(
        pk=file.pk,
        name=file.name,
        size=filesizeformat(file.content.size),
        who=str(file.author or ""),
        at=file.created_at,
        url=reverse("file", args=[file.pk]) if kept else "",
        delete_url=reverse("file-delete", args=[file.pk]) if mine else "",
    )


def read_files(kind: str, pk: int, user: User, *, size: int = SHOWN, before: int = 0) -> Files:
    """A page of the files on a record that the person sees, newest first, behind one of them."""
    rows = File.objects.on(kind, pk).for_panel()
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    address = reverse("files", args=[kind, pk])
    more = f"{address}?before={found[size - 1].pk}" if len(found) > size else ""
    return Files(
        url=address,
        files=[file_face(file, user) for file in found[:size]],
        more_url=more,
        most_bytes=settings.FILE_SIZE,
        most_mb=settings.FILE_SIZE // MEGABYTE,
    )
