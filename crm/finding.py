"""What of people is found in the palette, and what one does for oneself there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core.commands import Command, Found, Source, is_manager, page_of
from crm.filters import CompanyFilters, ContactFilters
from crm.models import Company, Contact


def _contacts(user: Any, text: str, limit: int) -> Sequence[Found]:
    found = ContactFilters({"q": text}, Contact.objects.visible_to(user)).qs
    return [
        Found(
            label=contact.name,
            url=contact.get_absolute_url(),
            icon="user",
            detail=" · ".join(
                part
                for part in (contact.job_title, contact.company.name if contact.company else "")
                if part
            ),
            marked=format_html("{}", contact.name),
        )
        for contact in found.for_list().order_by("name_key", "pk")[:limit]
    ]


def _companies(user: Any, text: str, limit: int) -> Sequence[Found]:
    found = CompanyFilters({"q": text}, Company.objects.visible_to(user)).qs
    return [
        Found(
            label=company.name,
            url=company.get_absolute_url(),
            icon="building",
            detail=" · ".join(part for part in (company.industry, company.city) if part),
            marked=format_html("{}", company.name),
        )
        for company in found.order_by("name_key", "pk")[:limit]
    ]


SOURCES = (
    Source("contacts", _("Contacts"), 20, _contacts),
    Source("companies", _("Companies"), 30, _companies),
)

#: A language is called by its own name in each language.
OWN_NAMES = {"en": "English", "fr": "Français"}

COMMANDS = [
    Command(
        "profile",
        _("Profile"),
        "user",
        page_of("profile"),
        (
            "account",
            "password",
            "time zone",
            "language",
            "compte",
            "mot de passe",
            "fuseau horaire",
        ),
        first=True,
    ),
    Command(
        "notices",
        _("Notifications"),
        "bell",
        page_of("notices"),
        ("bell", "news", "alerts", "inbox", "cloche", "alertes", "nouveautés"),
    ),
    *(
        Command(
            f"theme-{value}",
            label,
            icon,
            page_of("preferences"),
            words,
            fields={"theme": value},
        )
        for value, label, icon, words in (
            ("dark", _("Dark"), "moon", ("dark mode", "night", "theme", "mode nuit", "thème")),
            ("light", _("Light"), "sun", ("light mode", "day mode", "theme", "mode jour", "thème")),
            ("auto", _("As the system"), "device-desktop", ("theme", "thème", "automatic")),
        )
    ),
    *(
        Command(
            f"language-{code}",
            OWN_NAMES.get(code, name),
            "language",
            page_of("preferences"),
            (f"language {name}", f"langue {name}", "language", "langue"),
            fields={"language": code},
            language=code,
        )
        for code, name in settings.LANGUAGES
    ),
    Command(
        "contact-new",
        _("New contact"),
        "plus",
        page_of("contact-new"),
        ("add person", "create contact", "ajouter une personne", "créer un contact"),
    ),
    Command(
        "company-new",
        _("New company"),
        "plus",
        page_of("company-new"),
        ("add company", "customer", "account", "ajouter une entreprise", "client", "société"),
    ),
    Command(
        "companies",
        _("Companies"),
        "building",
        page_of("companies"),
        ("customers", "accounts", "clients", "sociétés", "comptes"),
    ),
    Command(
        "duplicates",
        _("Duplicates"),
        "copy",
        page_of("duplicates"),
        ("merge", "same", "clean up", "deduplicate", "doublons", "fusionner", "nettoyer"),
    ),
    Command(
        "invite",
        _("Invite a person"),
        "users",
        page_of("admin:crm_user_add"),
        ("new user", "add user", "colleague", "nouvel utilisateur", "inviter", "collègue"),
        allowed=is_manager,
    ),
    Command(
        "users",
        _("Users"),
        "users",
        page_of("admin:crm_user_changelist"),
        ("people", "salespeople", "roles", "rights", "commerciaux", "rôles", "droits"),
        allowed=is_manager,
    ),
    Command(
        "logout",
        _("Log out"),
        "logout",
        page_of("logout"),
        ("sign out", "exit", "quit", "déconnexion", "se déconnecter", "quitter"),
        fields={},
    ),
]
