"""What is said."""

from messaging.models.feeds import CalendarFeed
from messaging.models.files import File, FileContent
from messaging.models.invitations import Guest, Invitation, InvitationWork, SentInvitation
from messaging.models.notes import Note, NoteMention
from messaging.models.notifications import (
    Digest,
    MailWork,
    Notification,
    NotificationWork,
    ReminderWork,
)

__all__ = [
    "CalendarFeed",
    "Digest",
    "File",
    "FileContent",
    "Guest",
    "Invitation",
    "InvitationWork",
    "MailWork",
    "Note",
    "NoteMention",
    "Notification",
    "NotificationWork",
    "ReminderWork",
    "SentInvitation",
]
