"""The API of what is said: its resources, for the router to join."""

from typing import Any

from messaging.api.notes import NotesView

RESOURCES: dict[str, Any] = {"notes": NotesView}
