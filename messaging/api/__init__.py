"""The API of what is said: its resources, for the router to join."""

from typing import Any

from messaging.api.files import FilesView
from messaging.api.notes import NotesView

RESOURCES: dict[str, Any] = {"files": FilesView, "notes": NotesView}
