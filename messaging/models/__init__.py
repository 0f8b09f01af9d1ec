"""What is said."""

from messaging.models.notes import Note, NoteMention
from messaging.models.notifications import Notification, NotificationWork

__all__ = ["Note", "NoteMention", "Notification", "NotificationWork"]
