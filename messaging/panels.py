"""What messaging puts onto the pages of the floors below."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import notices, panels, timeline
from core.panels import MAIN, SIDE, Panel
from core.telling import register_phrase
from crm import privacy


def register() -> None:
    """Called once, when the app is ready."""
    from messaging.filefaces import Files, read_files
    from messaging.followerpanel import read_followers
    from messaging.invitefaces import read_guests
    from messaging.models import CalendarFeed
    from messaging.notefaces import Composer, Notes, composer_of, read_notes, read_timeline
    from messaging.noticelist import Unread
    from messaging.services.files import forget_contents
    from messaging.telling import phrase

    def feed_of(user: Any) -> dict[str, Any]:
        found = CalendarFeed.objects.filter(user=user).first()
        return {"since": found.created_at if found is not None else None}

    def lead_composer(page: Any) -> Composer:
        return composer_of("lead", page.lead.pk)

    def notes_on(kind: str) -> Any:
        def read(page: Any) -> Notes:
            return read_notes(kind, page.record.pk, page.user)

        return read

    def files_on(kind: str) -> Any:
        def read(page: Any) -> Files:
            record = page.lead if kind == "lead" else page.record
            return read_files(kind, record.pk, page.user)

        return read

    register_phrase(phrase)
    privacy.register(privacy.Holding("notes", _("Notes"), 40, _notes_on, prose=("body",)))
    privacy.register(
        privacy.Holding("files", _("Files"), 45, _files_on, prose=("name",), after=forget_contents)
    )
    privacy.register(privacy.Holding("guests", _("Invitations"), 46, _guests_of, learn=_invited_as))
    privacy.register(privacy.Holding("invited", _("Mails of invitations"), 47, _told_as_guest))
    timeline.register("lead", timeline.Source("notes", _("Notes"), 10, read_timeline))
    panels.register(
        "lead",
        Panel("note", _("Note"), "messaging/lead_note.html", 85, lead_composer, MAIN, True),
    )
    panels.register(
        "lead",
        Panel("followers", _("Followers"), "messaging/followers.html", 70, read_followers, SIDE),
    )
    panels.register(
        "profile",
        Panel("told", _("Notifications"), "messaging/wishes_panel.html", 10, lambda user: user),
    )
    panels.register(
        "profile",
        Panel("feed", _("Your calendar elsewhere"), "messaging/feed_panel.html", 20, feed_of),
    )
    panels.register(
        "activity", Panel("guests", _("Guests"), "messaging/guests.html", 10, read_guests)
    )
    notices.register("talk", Unread())
    notices.register_place("notifications", _("What you were told"))
    for kind in ("contact", "company"):
        panels.register(
            kind, Panel("notes", _("Notes"), "messaging/notes.html#panel", 30, notes_on(kind))
        )
    for kind, template in (
        ("lead", "messaging/lead_files.html"),
        ("contact", "messaging/files.html#panel"),
        ("company", "messaging/files.html#panel"),
    ):
        panels.register(kind, Panel("files", _("Files"), template, 75, files_on(kind), SIDE))


def _files_on(person: privacy.Person) -> Any:
    """The files on the person; what lies on their leads may be others' as well."""
    from messaging.models import File

    return File.objects.filter(contact=person.contact)


def _notes_on(person: privacy.Person) -> Any:
    """The notes on a person and on their leads."""
    from messaging.models import Note
    from pipeline.holdings import leads_of

    leads = leads_of(person).values("pk")
    return Note.objects.filter(Q(contact=person.contact) | Q(lead__in=leads))


def _guests_of(person: privacy.Person) -> Any:
    """The person as a guest, under any of their addresses."""
    from messaging.models import Guest

    return Guest.objects.filter(Q(contact=person.contact) | Q(email__in=person.email_keys))


def _invited_as(person: privacy.Person) -> None:
    """The names and addresses under which the person was invited."""
    for name, email in _guests_of(person).values_list("name", "email"):
        person.learn([name], [email], [])


def _told_as_guest(person: privacy.Person) -> Any:
    """What was mailed to the person of meetings."""
    from messaging.models import SentInvitation

    return SentInvitation.objects.filter(email__in=person.email_keys)
