"""The calendar feed of a person: an address that other calendars read."""

from __future__ import annotations

import hashlib
import secrets

from django.db import models
from django.utils import timezone

from crm.models import User


class CalendarFeed(models.Model):
    """The key to a person's calendar. Only its digest is kept; the ledger hears nothing of it."""

    user = models.OneToOneField(User, models.CASCADE, related_name="+", primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.user_id)

    @staticmethod
    def new_secret() -> str:
        """A fresh key: 43 random characters."""
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(secret: str) -> str:
        """SHA-256 of a key in hex; keys are long random texts, so no salt is needed."""
        return hashlib.sha256(secret.encode()).hexdigest()
