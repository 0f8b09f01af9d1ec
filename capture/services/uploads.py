"""Files brought by a person: checked, kept outside of what is served, and removed after a while."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from capture.csvfile import open_csv
from capture.models import Import, ImportFile, folder
from capture.services.imports import check_may_import
from capture.services.queue import send
from core.errors import Conflict, NotAllowed, NotFound, Refused

if TYPE_CHECKING:
    from crm.models import User

logger = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
#: A file without a row is one whose upload broke off; none takes as long.
ORPHANED = dt.timedelta(days=1)


def receive_files(
    *, files: Sequence[UploadedFile[Any]], options: Mapping[str, Any], by: User
) -> Import:
    """Keep files that belong together, and have them read. Raises Refused for what is no table."""
    check_may_import(by)
    _check_sizes(files)
    kept: list[ImportFile] = []
    try:
        for file in files:
            kept.append(_keep(file))
            open_csv(kept[-1].path, kept[-1].name)
        with transaction.atomic():
            found = Import.objects.create(by=by, options=dict(options), asked_at=timezone.now())
            for record in kept:
                record.parent = found
            ImportFile.objects.bulk_create(kept)
            send(found.pk)
    except BaseException:
        _remove([record.path for record in kept])
        raise
    return found


def _check_sizes(files: Sequence[UploadedFile[Any]]) -> None:
    most, largest = settings.IMPORT_FILES, settings.IMPORT_FILE_SIZE
    if not files:
        raise Refused(_("Choose at least one file."))
    if len(files) > most:
        raise Refused(
            _("These are %(count)s files; at most %(most)s can be imported together.")
            % {"count": len(files), "most": most}
        )
    for file in files:
        if (file.size or 0) > largest:
            raise Refused(
                _("“%(file)s” has %(size)s MB; a file may have at most %(most)s MB.")
                % {
                    "file": _name(file),
                    "size": -(-(file.size or 0) // MEGABYTE),
                    "most": largest // MEGABYTE,
                }
            )
    total = sum(file.size or 0 for file in files)
    if total > settings.IMPORT_SIZE:
        raise Refused(
            _("Together the files have %(size)s MB; at most %(most)s MB can be imported at once.")
            % {"size": -(-total // MEGABYTE), "most": settings.IMPORT_SIZE // MEGABYTE}
        )


def _name(file: UploadedFile[Any]) -> str:
    """What people call a file; never a place on disk."""
    name = "".join(letter for letter in (file.name or "") if letter.isprintable()).strip()
    return name[-200:] or _("file")


def _keep(file: UploadedFile[Any]) -> ImportFile:
    record = ImportFile(key=uuid.uuid4(), name=_name(file), size=0)
    digest = hashlib.sha256()
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with record.path.open("xb") as stream:
            for chunk in file.chunks():
                digest.update(chunk)
                record.size += len(chunk)
                stream.write(chunk)
    except OSError as error:
        logger.exception("A file cannot be kept for an import in %s", folder())
        _remove([record.path])
        raise Refused(
            _("“%(file)s” cannot be kept: %(reason)s. Tell whoever runs this installation.")
            % {"file": record.name, "reason": error.strerror or error}
        ) from None
    record.digest = digest.hexdigest()
    return record


def twin_of(found: Import) -> Import | None:
    """An earlier import that brought in the very same files."""
    digests = sorted(file.digest for file in found.files.all())
    with_one = ImportFile.objects.filter(digest=digests[0]).values("parent")
    same = Import.objects.filter(pk__in=with_one, state=Import.State.DONE)
    for other in same.exclude(pk=found.pk).for_list()[:20]:
        if sorted(file.digest for file in other.files.all()) == digests:
            twin: Import = other
            return twin
    return None


def discard_import(*, pk: int, by: User) -> None:
    """Drop an import that has written nothing, and its files."""
    with transaction.atomic():
        found = locked(pk, by)
        if found.is_busy or found.has_written():
            raise Conflict(_("This import has begun; it cannot be discarded any more."))
        paths = [file.path for file in found.files.all()]
        found.delete()
        transaction.on_commit(lambda: _remove(paths))


def locked(pk: int, by: User) -> Import:
    """An import that a person may act on, its row held to the end of the transaction."""
    found = Import.objects.visible_to(by).select_for_update().filter(pk=pk).first()
    if not isinstance(found, Import):
        raise NotFound(_("There is no such import."))
    if not by.is_manager:
        raise NotAllowed(_("Only managers import files."))
    return found


def forget_files(*, now: dt.datetime | None = None) -> int:
    """Remove files whose time is over, and those that no import knows; returns how many."""
    now = now or timezone.now()
    old = now - dt.timedelta(days=settings.IMPORT_KEEP_DAYS)
    over = ImportFile.objects.filter(removed_at__isnull=True, parent__created_at__lt=old)
    over = over.exclude(parent__state__in=Import.BUSY)
    paths = [file.path for file in over]
    over.update(removed_at=now)
    known = set(ImportFile.objects.filter(removed_at__isnull=True).values_list("key", flat=True))
    before = (now - ORPHANED).timestamp()
    lying = list(folder().iterdir()) if folder().is_dir() else []
    paths += [
        path
        for path in lying
        if _is_kept(path) and uuid.UUID(path.name) not in known and path.stat().st_mtime < before
    ]
    return _remove(list(dict.fromkeys(paths)))


def _is_kept(path: Path) -> bool:
    """Whether a file bears a name that only we give."""
    return len(path.name) == 32 and all(letter in "0123456789abcdef" for letter in path.name)


def _remove(paths: Sequence[Path]) -> int:
    removed = 0
    for path in paths:
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            logger.exception("A file of an import cannot be removed: %s", path)
            continue
        removed += 1
    return removed
