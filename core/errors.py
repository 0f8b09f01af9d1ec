"""What a service may say instead of doing its work. Doors turn these into answers."""

from collections.abc import Mapping, Sequence
from typing import Any


class ServiceError(Exception):
    """A refusal in words for the person who asked. `message` is translated text."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = str(message)


class NotFound(ServiceError):
    """There is no such record, or it is out of the person's sight: nobody is told which."""


class NotAllowed(ServiceError):
    """The person may see the record but not do this to it."""


class Refused(ServiceError):
    """The input cannot be carried out; `fields` maps a field's name to its messages."""

    def __init__(self, message: str, fields: Mapping[str, Sequence[Any]] | None = None) -> None:
        super().__init__(message)
        self.fields = {
            name: [str(text) for text in texts] for name, texts in (fields or {}).items()
        }


class Conflict(ServiceError):
    """Somebody else changed the record meanwhile."""


class OutsideCause(RuntimeError):
    """A tracked record was written without a cause: a door forgot to open one."""


class Unguarded(RuntimeError):
    """A way of writing that the ledger cannot follow was tried on a tracked record."""
