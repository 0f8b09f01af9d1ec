"""What people and companies put into the frame around every page."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core import navigation, panels
from core.panels import SIDE, Panel
from crm import privacy
from crm.duplicatelines import KINDS, Kind
from crm.models import Contact
from crm.models.people import Role


def register() -> None:
    """Called once, when the app is ready."""
    for kind in KINDS.values():
        panels.register(kind.name, _duplicates(kind))
    privacy.register(
        privacy.Holding(
            "contact",
            _("Contact"),
            10,
            lambda person: Contact.objects.filter(pk=person.contact.pk),
        )
    )
    pages = [
        f"{name}{deed}"
        for name in ("contact", "company")
        for deed in (
            "",
            "-new",
            "-edit",
            "-history",
            "-delete",
            "-duplicates",
            "-merge",
            "-privacy",
        )
    ]
    navigation.register(
        "contacts",
        _("Contacts"),
        "address-book",
        order=40,
        keys="g c",
        words=("people", "companies", "customers", "clients", "entreprises", "sociétés", "clients"),
        pages=("companies", "privacy-log", *pages),
    )
    navigation.register(
        "teams",
        _("My team"),
        "users",
        order=70,
        words=("members", "capacity", "absence", "membres", "capacité", "équipe"),
        pages=("team", "team-join", "member"),
        allowed=lambda user: user.role == Role.LEADER,
    )


def _duplicates(kind: Kind) -> Panel:
    """The panel that looks for duplicates once the page stands."""
    return Panel(
        "duplicates",
        _("Possible duplicates"),
        "crm/duplicates_panel.html",
        10,
        lambda page: kind.address(page.record),
        SIDE,
    )
