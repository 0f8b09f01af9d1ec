"""What is said."""

from messaging.models.notes import Note

__all__ = ["Note"]
