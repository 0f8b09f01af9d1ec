"""The settings of the people and the world: teams, tags, products, where leads come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from core.admin.fields import ColourField, label_of
from core.money import format_number
from core.settingpages import (
    Column,
    SettingForm,
    SettingLink,
    SettingPage,
    register,
    register_link,
)
from crm.models import Campaign, Medium, Product, Source, Tag, Team


class TeamForm(SettingForm):
    """A sales team."""

    class Meta:
        model = Team
        fields = ("name", "leader", "parent", "is_active")


class TagForm(SettingForm):
    """A tag."""

    colour = ColourField(label=label_of(Tag, "colour"))

    class Meta:
        model = Tag
        fields = ("name", "colour")


class ProductForm(SettingForm):
    """A product."""

    class Meta:
        model = Product
        fields = ("name", "code", "list_price", "is_active")


def _form_of(kind: Any) -> type[SettingForm]:
    """The form of something told by its name."""

    class NamedForm(SettingForm):
        class Meta:
            model = kind
            fields = ("name", "is_active")

    return NamedForm


def _teams() -> QuerySet[Any]:
    """The teams in order, each with how many are active in it (`held`)."""
    active = Count("memberships", filter=Q(memberships__is_active=True))
    teams: QuerySet[Any] = Team.objects.select_related("leader", "parent").annotate(held=active)
    return teams.order_by("sequence", "-pk")


def order_with_team(team: Team) -> Sequence[int]:
    """The teams in order with a new one behind them."""
    others = Team.objects.exclude(pk=team.pk).in_order()
    return [*others.values_list("pk", flat=True), team.pk]


def _members(team: Any) -> str:
    words = ngettext("%(n)s member", "%(n)s members", team.held)
    return words % {"n": format_number(team.held, get_language() or "en")}


def _price(product: Product) -> str:
    price = product.list_price
    return "" if price is None else format_number(price, get_language() or "en", 2)


def register_pages() -> None:
    """Show these among the settings."""
    register_link(
        SettingLink(
            "targets",
            _("Targets"),
            "target",
            _("What people and teams are to reach in each month or quarter."),
            words=("quota", "goals", "forecast", "objectifs", "quotas", "chiffre d’affaires"),
        )
    )
    register_link(
        SettingLink(
            "organisation",
            _("Organisation"),
            "building",
            _("Your name, currency, language and time zone; when weeks and fiscal years begin."),
            order=1,
            words=(
                *("company settings", "currency", "fiscal year", "week start", "time zone"),
                *("entreprise", "devise", "exercice", "semaine", "fuseau horaire", "langue"),
            ),
        )
    )
    register_link(
        SettingLink(
            "setup",
            _("Setting up"),
            "checkbox",
            _("The questions of the first day, one by one: answer them again or go on with them."),
            order=101,
            words=(
                *("first run", "wizard", "onboarding", "assistant"),
                *("assistant", "démarrage", "mise en route"),
            ),
        )
    )
    register(
        SettingPage(
            "teams",
            _("Sales teams"),
            "users",
            _(
                "Who sells together, who leads them, how much each takes on; a person’s first team "
                "here gets their new leads."
            ),
            "crm.Team",
            TeamForm,
            30,
            (
                Column(_("Leader"), lambda team: str(team.leader or "")),
                Column(_("Escalates to"), lambda team: str(team.parent or "")),
                Column(_("Members"), _members, url=lambda team: reverse("team", args=[team.pk])),
            ),
            _teams,
            ordered=True,
            place=order_with_team,
            words=(
                *("team leader", "members", "sales groups", "business units"),
                *("équipe", "équipes commerciales", "responsable d’équipe", "membres"),
            ),
        ),
        SettingPage(
            "tags",
            _("Tags"),
            "tag",
            _("Words that leads, contacts and companies are marked with."),
            "crm.Tag",
            TagForm,
            40,
            words=("labels", "categories", "étiquettes", "catégories", "mots-clés"),
        ),
        SettingPage(
            "products",
            _("Products"),
            "building-store",
            _("What you sell, with its list price."),
            "crm.Product",
            ProductForm,
            50,
            (
                Column(_("Code"), lambda product: product.code),
                Column(_("List price"), _price, is_number=True),
            ),
            words=("catalogue", "price list", "articles", "items", "produits", "tarifs"),
        ),
        SettingPage(
            "sources",
            _("Sources"),
            "world",
            _("Who sent the visitor: a search engine, a newsletter, a partner (utm_source)."),
            "crm.Source",
            _form_of(Source),
            60,
            words=("utm", "lead source", "original source", "origine", "provenance"),
        ),
        SettingPage(
            "mediums",
            _("Mediums"),
            "link",
            _("By which kind of way leads come: advertisement, e-mail, referral (utm_medium)."),
            "crm.Medium",
            _form_of(Medium),
            61,
            words=("utm", "channel", "support", "canal"),
        ),
        SettingPage(
            "campaigns",
            _("Campaigns"),
            "target",
            _("As part of which effort leads come (utm_campaign)."),
            "crm.Campaign",
            _form_of(Campaign),
            62,
            words=("utm", "campagne"),
        ),
    )
