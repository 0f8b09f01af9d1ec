"""Files on records: taken in, handed out, taken away, and their bytes swept up in the end."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.base import File as Stream
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Conflict, NotAllowed, NotFound, Refused
from core.ledger.writing import lock
from messaging.filenames import name_from, safe_name
from messaging.filetypes import HEAD, is_program, sniff
from messaging.models import File, FileContent, Note
from messaging.subjects import hold_subject
from pipeline.models import Lead

if TYPE_CHECKING:
    from crm.models import User

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
#: Bytes that no file ever had: those of a request that broke off. None takes as long.
ORPHANED = dt.timedelta(days=1)
#: What a file is called, and what is in it.
Named = tuple[str, FileContent]


def storage() -> Any:
    """Where the bytes are; nothing of it is served."""
    return storages["files"]


def check_files(files: Sequence[Stream[Any]]) -> None:
    """Refuse what is too large, too many or a program, before anything is kept."""
    most, largest = settings.FILES_AT_ONCE, settings.FILE_SIZE
    if len(files) > most:
        _refuse(
            _("These are %(count)s files; at most %(most)s can be added at once.")
            % {"count": len(files), "most": most}
        )
    for file in files:
        name, size = safe_name(file.name or ""), file.size or 0
        if size > largest:
            _refuse(
                _("“%(file)s” has %(size)s MB; a file may have at most %(most)s MB.")
                % {"file": name, "size": -(-size // MEGABYTE), "most": largest // MEGABYTE}
            )
        if not size:
            _refuse(_("“%s” is empty.") % name)
        file.seek(0)
        if is_program(file.read(HEAD), name):
            _refuse(_("“%s” is a program. Programs are not kept.") % name)


def add_files(
    *,
    files: Sequence[Stream[Any]],
    by: User | None,
    lead: int | None = None,
    contact: int | None = None,
    company: int | None = None,
    note: int | None = None,
) -> list[File]:
    """Put files on a record that the person sees, or on a note of their own. All or none."""
    if not files:
        _refuse(_("Choose at least one file."))
    with kept(files) as named, transaction.atomic():
        where = _hold(by, note, lead=lead, contact=contact, company=company)
        return attach(named, by=by, where=where)


@contextmanager
def kept(files: Sequence[Stream[Any]]) -> Iterator[list[Named]]:
    """Keep the bytes of files for the length of a block that attaches them; all of them go again
    when it fails. Refuses what is not kept, before any is."""
    check_files(files)
    named: list[Named] = []
    try:
        for file in files:
            named.append((safe_name(file.name or ""), keep_content(file)))  # noqa: PERF401
        yield named
    except BaseException:
        for _name, content in named:
            _drop(content)
        raise


def attach(named: Sequence[Named], *, by: User | None, where: Mapping[str, Any]) -> list[File]:
    """Insert files with contents that were kept. Inside a transaction and a cause."""
    rows = [File(author=by, name=name, content=content, **where) for name, content in named]
    if rows:
        File.objects.bulk_create(rows)
    return rows


def _hold(by: User | None, note: int | None, **given: int | None) -> dict[str, Any]:
    """The record, under lock, as columns of a file; that of the note when one is given."""
    said: dict[str, Any] = {}
    if note is not None:
        found = Note.objects.filter(pk=note)
        written: Note | None = (found if by is None else found.visible_to(by)).first()
        if written is None:
            raise NotFound(_("There is no such note."))
        if by is not None and written.author_id != by.pk:
            raise NotAllowed(_("Only who wrote a note may change it."))
        own = {name: getattr(written, f"{name}_id") for name in ("lead", "contact", "company")}
        if any(key is not None and key != own[name] for name, key in given.items()):
            _refuse(_("The note is on another record."))
        said, given = {"note": written}, own
    named = {name: key for name, key in given.items() if key is not None}
    if len(named) != 1:
        raise Refused(_("A file is on a lead, a contact or a company."))
    kind, key = next(iter(named.items()))
    return {kind: hold_subject(kind, key, by), **said}


def keep_content(file: Stream[Any]) -> FileContent:
    """Keep the bytes of a file. Its row is there before the first of them."""
    key = secrets.token_hex(20)
    content = FileContent.objects.create(key=f"{key[:2]}/{key}")
    digest, head = hashlib.sha256(), b""
    try:
        file.seek(0)
        for chunk in file.chunks():
            head = head or chunk[:HEAD]
            digest.update(chunk)
            content.size += len(chunk)
        file.seek(0)
        content.key = storage().save(content.key, file)
    except OSError as error:
        logger.exception("A file cannot be kept")
        _drop(content)
        raise Refused(
            _("“%(file)s” cannot be kept: %(reason)s. Tell whoever runs this installation.")
            % {"file": safe_name(file.name or ""), "reason": error.strerror or error}
        ) from None
    content.digest, content.media_type = digest.hexdigest(), sniff(head, file.name or "")
    content.save()
    return content


def _drop(content: FileContent) -> None:
    """Take away bytes that nothing has come to refer to."""
    storage().delete(content.key)
    FileContent.objects.filter(pk=content.pk, files__isnull=True).delete()


def open_content(file: File) -> Any:
    """The bytes of a file, as a stream; NotFound when they are gone."""
    content = file.content
    if content.removed_at is None:
        try:
            return storage().open(content.key)
        except FileNotFoundError:
            logger.error("The bytes of file %s (%s) are missing", file.pk, content.key)
    raise NotFound(_("The content of this file is no longer kept."))


def delete_file(*, file: int, by: User, expected_version: int | None = None) -> File:
    """Delete a file; undoing brings it back."""
    with transaction.atomic():
        found: list[File] = lock(File.objects.filter(pk=file).visible_to(by))
        if not found:
            raise NotFound(_("There is no such file."))
        if not File.objects.changeable_by(by).filter(pk=file).exists():
            raise NotAllowed(_("Only who added a file may delete it."))
        if expected_version is not None and found[0].version != expected_version:
            raise Conflict(_("This file was changed meanwhile."))
        found[0].delete()
    return found[0]


def sweep_contents(*, now: dt.datetime | None = None) -> int:
    """Remove bytes that no file has had for FILE_KEEP_DAYS, and those that none ever had after a
    day; returns how many were removed. Safe to run twice and beside itself."""
    now = now or timezone.now()
    using = File.objects.filter(content=OuterRef("pk"))
    here = FileContent.objects.filter(removed_at__isnull=True)
    here.filter(Exists(using), unused_since__isnull=False).update(unused_since=None)
    here.filter(~Exists(using), unused_since__isnull=True, created_at__lt=now - ORPHANED).update(
        unused_since=now
    )
    due = now - dt.timedelta(days=settings.FILE_KEEP_DAYS)
    removed = 0
    for content in here.filter(unused_since__lte=due).order_by("pk")[:1000]:
        with transaction.atomic():
            taken = here.filter(~Exists(using), pk=content.pk).update(removed_at=now)
        if taken:
            storage().delete(content.key)
            removed += 1
    return removed


def forget_contents(files: Sequence[int]) -> None:
    """Remove the bytes of files for good, at once: no undo brings them back."""
    now = timezone.now()
    contents = FileContent.objects.filter(files__in=files, removed_at__isnull=True)
    keys = list(contents.values_list("key", flat=True))
    contents.update(removed_at=now, digest="")
    for key in keys:
        transaction.on_commit(lambda key=key: storage().delete(key))  # type: ignore[misc]


def rename_moving(moving: Sequence[File], _staying: Sequence[File]) -> None:
    """Say of files that move to another lead where they came from."""
    titles = dict(
        Lead.objects.filter(pk__in={file.lead_id for file in moving}).values_list("pk", "title")
    )
    for file in moving:
        file.name = name_from(file.name, titles.get(file.lead_id, ""))


def _refuse(message: str) -> None:
    raise Refused(message, {"files": [message]})
