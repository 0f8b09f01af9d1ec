"""What people and companies put into the frame around every page."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import navigation, panels
from core.ledger.schema import model_of
from core.ledger.tables import Action, Change
from core.ledger.words import Told
from core.panels import SIDE, Panel
from core.settingpages import SettingLink, register_link
from core.telling import register_phrase
from crm import privacy
from crm.duplicatelines import KINDS, Kind
from crm.models import Contact, ContactPoint, Distinct, DistinctCompanies, DistinctContacts
from crm.models.people import Role
from crm.privacy import Person
from crm.services.distinct import register_apart
from crm.telling import phrase


def register() -> None:
    """Called once, when the app is ready."""
    register_phrase(phrase)
    for kind in KINDS.values():
        panels.register(kind.name, _duplicates(kind))
    for pairs in (DistinctContacts, DistinctCompanies):
        register_apart(pairs)
    register_phrase(said_apart)
    privacy.register(
        privacy.Holding(
            "contact",
            _("Contact"),
            10,
            lambda person: Contact.objects.filter(pk=person.contact.pk),
        )
    )
    privacy.register(
        privacy.Holding(
            "points",
            _("Further addresses and numbers"),
            12,
            lambda person: ContactPoint.objects.filter(contact=person.contact),
            learn=_learn_points,
        )
    )
    register_link(
        SettingLink(
            "duplicates",
            _("Duplicates"),
            "copy",
            _("Records that are there twice: merge them, or tell them apart."),
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
        pages=(
            "companies",
            "privacy-log",
            "duplicates",
            "duplicates-of",
            *pages,
        ),
    )
    navigation.register(
        "teams",
        _("My team"),
        "users",
        order=70,
        words=("members", "capacity", "absence", "membres", "capacité", "équipe"),
        pages=("team", "team-join", "member", "targets"),
        allowed=lambda user: user.role == Role.LEADER,
    )


def _learn_points(person: Person) -> None:
    """The addresses and numbers beside the main ones, also those of before."""
    theirs = Q(diff__contact__0=person.contact.pk) | Q(diff__contact__1=person.contact.pk)
    told = Change.objects.filter(record_type=ContactPoint._meta.label_lower)
    ids = set(told.filter(theirs).values_list("record_id", flat=True))
    ids |= set(person.contact.points.values_list("pk", flat=True))
    values = {point.value for point in person.contact.points.all()}
    for diff in privacy.changes_of(ContactPoint, ids).values_list("diff", flat=True):
        values |= {value for value in diff.get("value", ()) if isinstance(value, str)}
    emails = {value for value in values if "@" in value}
    person.learn([], emails, values - emails)


def said_apart(told: Told) -> tuple[str, Collection[str]] | None:
    """Records told apart, or that taken back, in the words of the queue."""
    try:
        model = model_of(told.change.record_type)
    except LookupError:
        return None
    if not issubclass(model, Distinct):
        return None
    if told.change.action == Action.CREATED:
        return gettext("not duplicates of each other"), ("first", "second")
    return gettext("no longer told apart"), ()


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
