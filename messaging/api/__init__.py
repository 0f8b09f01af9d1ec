"""The API of what is said: its resources, for the router to join."""

from typing import Any

from core.api.subroutes import register_subroute
from messaging.api.files import FilesView
from messaging.api.invitations import InvitationView
from messaging.api.notes import NotesView

RESOURCES: dict[str, Any] = {"files": FilesView, "notes": NotesView}

register_subroute("activities", "invitation", InvitationView, {"get": "retrieve", "put": "put"})
