"""Logging in by e-mail address."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from crm.models import User
from crm.organisation import remember, with_organisation

DEMO_DOMAIN = "@demo.example"


class EmailBackend(BaseBackend):
    """Checks an address, in any case, and its password. Seeded accounts work in a demo only."""

    def authenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **others: Any,
    ) -> User | None:
        """The active user of these credentials, or None; unknown addresses take as long."""
        address = (username or others.get("email") or "").strip().lower()
        if not address or password is None:
            return None
        user: User | None = User.objects.filter(email=address).first()
        if user is None:
            make_password(password)
            return None
        if address.endswith(DEMO_DOMAIN) and not settings.DEMO:
            return None
        if user.check_password(password) and user.is_active:
            return user
        return None

    def get_user(self, user_id: Any) -> User | None:
        """The user of a session, as long as they are active; the organisation comes along."""
        found = with_organisation(User.objects.active().filter(pk=user_id))
        user: User | None = found.first()
        if user is not None:
            remember(user)
        return user
