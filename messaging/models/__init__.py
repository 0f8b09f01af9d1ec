"""What is said."""

from messaging.models.files import File, FileContent
from messaging.models.notes import Note, NoteMention
from messaging.models.notifications import Notification, NotificationWork

__all__ = ["File", "FileContent", "Note", "NoteMention", "Notification", "NotificationWork"]
