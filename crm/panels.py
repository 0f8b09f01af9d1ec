"""What people and companies put into the frame around every page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import navigation


def register() -> None:
    """Called once, when the app is ready."""
    pages = [
        f"{name}{deed}"
        for name in ("contact", "company")
        for deed in ("", "-new", "-edit", "-history", "-delete")
    ]
    navigation.register(
        "contacts",
        _("Contacts"),
        "address-book",
        order=40,
        keys="g c",
        words=("people", "companies", "customers", "clients", "entreprises", "sociétés", "clients"),
        pages=("companies", *pages),
    )
