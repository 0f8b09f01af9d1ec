"""What of people is found in the palette, and what one does for oneself there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.commands import Command


def _to(name: str) -> Callable[[Any], str]:
    return lambda user: reverse(name)


def _is_manager(user: Any) -> bool:
    return bool(user.is_manager)


#: A language is called by its own name in each language.
OWN_NAMES = {"en": "English", "fr": "Français"}

COMMANDS = [
    Command(
        "profile",
        _("Profile"),
        "user",
        _to("profile"),
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
        _to("notices"),
        ("bell", "news", "alerts", "inbox", "cloche", "alertes", "nouveautés"),
    ),
    *(
        Command(
            f"theme-{value}",
            label,
            icon,
            _to("preferences"),
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
            _to("preferences"),
            (f"language {name}", f"langue {name}", "language", "langue"),
            fields={"language": code},
            language=code,
        )
        for code, name in settings.LANGUAGES
    ),
    Command(
        "invite",
        _("Invite a person"),
        "users",
        _to("admin:crm_user_add"),
        ("new user", "add user", "colleague", "nouvel utilisateur", "inviter", "collègue"),
        allowed=_is_manager,
    ),
    Command(
        "users",
        _("Users"),
        "users",
        _to("admin:crm_user_changelist"),
        ("people", "salespeople", "roles", "rights", "commerciaux", "rôles", "droits"),
        allowed=_is_manager,
    ),
    Command(
        "teams",
        _("Sales teams"),
        "users",
        _to("admin:crm_team_changelist"),
        ("team leader", "members", "équipes commerciales", "responsable d’équipe", "membres"),
        allowed=_is_manager,
    ),
    Command(
        "tags",
        _("Tags"),
        "tag",
        _to("admin:crm_tag_changelist"),
        ("labels", "categories", "étiquettes", "catégories"),
        allowed=_is_manager,
    ),
    Command(
        "products",
        _("Products"),
        "building-store",
        _to("admin:crm_product_changelist"),
        ("price list", "articles", "produits", "tarifs"),
        allowed=_is_manager,
    ),
    Command(
        "sources",
        _("Sources"),
        "world",
        _to("admin:crm_source_changelist"),
        ("utm", "medium", "campaign", "origin", "support", "campagne", "origine"),
        allowed=_is_manager,
    ),
    Command(
        "logout",
        _("Log out"),
        "logout",
        _to("logout"),
        ("sign out", "exit", "quit", "déconnexion", "se déconnecter", "quitter"),
        fields={},
    ),
]
