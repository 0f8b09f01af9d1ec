"""Every page there is, for the suites that look at each: one line a page.

The company is seeded at one moment and the clock stands there, so that a page looks tomorrow as it
looks today.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.urls import reverse

from core.ledger.tables import Cause, Change
from crm.invitations import make_token, uid_of
from crm.models import Company, Contact, Team, User
from messaging.links import answer_url
from messaging.models import Guest
from messaging.services.inviting import Asked, answer_invitation, invite
from pipeline.models import Activity, Lead, Pipeline
from pipeline.services.search import write_search_text
from tests import factories
from tests.demo.seeds import NOW, seed


@dataclass(frozen=True)
class World:
    """The seeded company, and which of its records the pages show."""

    language: str
    users: dict[str, User]
    pipeline: int
    lead: int
    won: int
    step: int
    meeting: int
    guest: tuple[int, str]
    contact: int
    company: int
    cause: Any
    invited: User
    team: int
    target: int


Address = Callable[[World], str]


@dataclass(frozen=True)
class Page:
    """A page: its name, where it is, who looks at it, and what is done before one looks."""

    name: str
    address: Address
    person: str = "rep"
    before: Callable[[Any], None] = lambda page: None
    status: int = 200


def to(name: str, *keys: str, query: str = "") -> Address:
    """The address of a route; the keys are names of records of the world."""
    return lambda world: reverse(name, args=[getattr(world, key) for key in keys]) + query


def palette(text: str) -> Callable[[Any], None]:
    """Open the palette and type."""

    def opened(page: Any) -> None:
        page.keyboard.press("Control+k")
        page.wait_for_selector("#palette [role=option]")
        page.keyboard.type(text)
        page.wait_for_timeout(400)

    return opened


def pick_rows(page: Any) -> None:
    """Select three rows of a list."""
    for place in range(3):
        page.locator("#list input[name=rows]").nth(place).check()


def edit_rows(page: Any) -> None:
    """Open the form that edits the selected rows, and choose a field."""
    pick_rows(page)
    page.click("#bulk [formaction$='/edit/']")
    page.check("#dialog [value=amount]")


def click(selector: str, wait: str) -> Callable[[Any], None]:
    """Click and wait for what opens."""

    def clicked(page: Any) -> None:
        page.locator(selector).first.click()
        page.wait_for_selector(wait)

    return clicked


def wrong_target(page: Any) -> None:
    """Send a target that is no number."""
    page.locator(".targets-grid tbody input.form-control").first.fill("many")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[role=alert]")


CONDITION = "?to=/leads/&m0=all&f0=expected_revenue&o0=%3E%3D&v0=10&f1=tags&m1=any&g1=1"
VIEWS = ".views-menu .view-deeds"
PAGES = [
    Page("login", to("login"), ""),
    Page("password-reset", to("password-reset"), ""),
    Page("password-reset-sent", to("password-reset-sent"), ""),
    Page(
        "invitation",
        lambda w: reverse("accept-invitation", args=[uid_of(w.invited), make_token(w.invited)]),
        "",
    ),
    Page("offline", lambda w: f"{reverse('offline')}?lang={w.language}", ""),
    Page("board", to("board", "pipeline"), "leader"),
    Page("board-mine", to("board", "pipeline", query="?owner=me")),
    Page("board-lanes", to("board", "pipeline", query="?lanes=owner"), "leader"),
    Page("board-lost", to("board-lost", "pipeline"), "leader"),
    Page(
        "lead-beside-the-board",
        to("board", "pipeline"),
        "leader",
        click(".card-lead h3 a", "#criterion"),
    ),
    Page("lead", to("lead", "lead")),
    Page("lead-won", to("lead", "won"), "manager"),
    Page("lead-edit", to("lead-edit", "lead")),
    Page("lead-new", to("lead-new")),
    Page("lead-timeline", to("lead-history", "lead")),
    Page("lead-move", to("lead-move", "lead")),
    Page("lead-lose", to("lead-lose", "lead")),
    Page("lead-assign", to("lead-assign", "lead")),
    Page("lead-add-person", to("lead-people", "lead")),
    Page("lead-plan", to("activity-new", "lead")),
    Page("notifications", to("notifications")),
    Page("lead-notes", lambda w: reverse("notes", args=["lead", w.lead])),
    Page("lead-files", lambda w: reverse("files", args=["lead", w.lead])),
    Page("lead-launch", to("lead-launch", "lead")),
    Page("lead-delete", to("lead-delete", "lead")),
    Page(
        "lead-merge",
        lambda world: f"{reverse('lead-merge')}?id={world.lead}&id={world.won}",
        "manager",
    ),
    Page("lead-duplicates", to("lead-duplicates", "lead")),
    Page("activity-done", to("activity-done", "step")),
    Page("activity", to("activity", "step")),
    Page("activity-guests", to("activity", "meeting")),
    Page("activity-invite", to("activity-invite", "meeting")),
    Page("guest-answers", lambda world: urlsplit(answer_url(*world.guest)).path, ""),
    Page("notification-settings", to("notification-settings")),
    Page("day", to("day")),
    Page("day-brief", to("lead-brief", "lead")),
    Page("day-words", to("activity-quick", query="?words=call+Thursday+10")),
    Page("forecast", to("forecast"), "leader"),
    Page("calendar", to("calendar"), "leader"),
    Page("calendar-close", to("calendar", query=f"?by=close&day={NOW:%Y-%m-%d}"), "leader"),
    Page("leads", to("leads"), "leader"),
    Page("leads-selected", to("leads"), "manager", pick_rows),
    Page("leads-edit", to("leads"), "manager", edit_rows),
    Page("views", to("leads", query="?owner=me"), "leader", click(".views-menu summary", VIEWS)),
    Page("conditions", lambda w: reverse("conditions", args=["leads"]) + CONDITION, "leader"),
    Page("view-new", to("view-new", query="?path=/leads/&place=leads&query=owner%3Dme")),
    Page("contacts", to("contacts"), "leader"),
    Page("contact", to("contact", "contact"), "leader"),
    Page("contact-privacy", to("contact-privacy", "contact"), "manager"),
    Page("privacy-log", to("privacy-log"), "manager"),
    Page(
        "contact-reach",
        to("contact", "contact"),
        "manager",
        click("#reach-part .adds a", ".reach-form [name=value]"),
    ),
    Page("contact-edit", to("contact-edit", "contact"), "manager"),
    Page("companies", to("companies"), "leader"),
    Page("company", to("company", "company"), "leader"),
    Page("company-edit", to("company-edit", "company"), "manager"),
    Page("duplicates", to("duplicates"), "manager"),
    Page("duplicates-companies", lambda w: reverse("duplicates-of", args=["companies"]), "manager"),
    Page("imports", to("imports"), "manager"),
    Page("history", to("causes"), "manager"),
    Page("cause", to("cause", "cause"), "manager"),
    Page("settings", to("settings"), "manager"),
    Page("organisation", to("organisation"), "manager"),
    Page("setup", lambda world: reverse("setup-step", args=["organisation"]), "admin"),
    Page("setup-pipeline", lambda world: reverse("setup-step", args=["pipeline"]), "admin"),
    Page("setup-people", lambda world: reverse("setup-step", args=["people"]), "admin"),
    Page("setup-end", to("setup-end"), "admin"),
    Page("demo-data", to("demo-data"), "admin"),
    Page("settings-stages", lambda world: reverse("setting", args=["stages"]), "manager"),
    Page("settings-fields", lambda world: reverse("setting", args=["custom-fields"]), "manager"),
    Page(
        "settings-fields-add",
        lambda world: reverse("setting-new", args=["custom-fields"]),
        "manager",
    ),
    Page("team", lambda world: reverse("team", args=[world.team]), "leader"),
    Page(
        "team-member",
        lambda world: reverse("team", args=[world.team]),
        "manager",
        click(".member-do a", "#dialog form"),
    ),
    Page(
        "team-territory",
        lambda world: reverse("team", args=[world.team]),
        "leader",
        click(".member-takes a", "#conditions"),
    ),
    Page("targets", to("targets"), "manager"),
    Page("targets-quarters", to("targets", query="?metric=wins&period=quarter"), "leader"),
    Page("targets-wrong", to("targets"), "manager", wrong_target),
    Page(
        "target-activities", lambda world: reverse("target-activities", args=[world.target]), "rep"
    ),
    Page("day-targets", to("day"), "leader", click(".day-target summary", "details[open]")),
    Page("team-join", lambda world: reverse("team-join", args=[world.team]), "manager"),
    Page("settings-add", lambda world: reverse("setting-new", args=["stages"]), "manager"),
    Page("undo", to("cause-undo", "cause"), "manager"),
    Page("profile", to("profile")),
    Page("search", to("search", query="?q=a")),
    Page("palette", to("profile"), "leader", palette("a")),
    Page("notices", to("notices")),
    Page("bell", to("profile"), "rep", click("#bell", "#dialog .notices-box")),
    Page("keys", to("board", "pipeline"), "rep", lambda page: page.keyboard.press("?")),
    Page("not-found", lambda world: "/leads/999999999/", status=404),
    Page("refused", to("causes"), status=403),
]


@contextmanager
def made_world(language: str) -> Iterator[World]:
    """A fresh company in a language, at the moment NOW; the clock goes on from there."""
    time_machine = pytest.importorskip("time_machine")
    with time_machine.travel(NOW, tick=True):
        call_command("flush", interactive=False, verbosity=0)
        seed(leads=90, users=8, seed=7, months=12, now=NOW)
        with factories.arranging():
            User.objects.update(language=language, theme="auto")
        write_search_text(list(Lead.objects.values_list("pk", flat=True)))
        yield _chosen(language)


def _chosen(language: str) -> World:
    names = ("rep", "mate", "leader", "manager", "admin")
    users = {name: User.objects.get(email=f"{name}@demo.example") for name in names}
    rep = users["rep"]
    steps = Activity.objects.to_do().filter(assignee=rep, lead__owner=rep, lead__status="open")
    step = steps.filter(lead__company__isnull=False).order_by("pk").first() or steps.first()
    assert step is not None
    assert step.lead_id is not None
    invited = User.objects.exclude(pk__in=[user.pk for user in users.values()]).order_by("pk")[0]
    lead = Lead.objects.get(pk=step.lead_id)
    meeting, guest = _meeting(rep, lead)
    contact = Contact.objects.filter(leads=lead).order_by("pk").first()
    change = Change.objects.filter(record_type="pipeline.lead", record_id=lead.pk).order_by("-pk")
    return World(
        language=language,
        users=users,
        pipeline=Pipeline.objects.order_by("sequence", "id")[0].pk,
        lead=lead.pk,
        won=Lead.objects.won().order_by("pk")[0].pk,
        step=step.pk,
        meeting=meeting.pk,
        guest=(guest.pk, guest.email),
        contact=(contact or Contact.objects.order_by("pk")[0]).pk,
        company=lead.company_id or Company.objects.order_by("pk")[0].pk,
        cause=Cause.objects.get(pk=change[0].cause_id).pk,
        invited=invited,
        target=_targets(users),
        team=Team.objects.get(leader=users["leader"]).pk,
    )


def _meeting(rep: User, lead: Lead) -> tuple[Activity, Guest]:
    """A meeting on a lead with two guests, one of whom has answered."""
    at = NOW.replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=2)
    step = factories.make_activity(
        by=rep, lead=lead, assignee=rep, due_at=at, duration=45, place="Room 4"
    )
    guests = [Asked("nora@keller.example", "Nora Keller"), Asked("jan@keller.example")]
    with factories.arranging():
        invite(activity=step.pk, by=rep, guests=guests, title="Our offer", message="See you there!")
    guest = Guest.objects.get(email="nora@keller.example")
    answer_invitation(guest=guest.pk, email=guest.email, answer=Guest.Answer.ACCEPTED)
    return step, guest


def _targets(users: dict[str, User]) -> int:
    """Targets of the running month; the key of the rep's activities."""
    team, day = Team.objects.get(leader=users["leader"]), NOW.date()
    for of, amount in ((users["rep"], 20_000), (users["leader"], 15_000), (team, 60_000)):
        factories.make_target(of, amount, day)
        factories.make_target(of, 4, day, metric="wins", period="quarter")
    key: int = factories.make_target(users["rep"], 40, day, metric="activities").pk
    return key


def let_in(context: Any, user: User | None, address: str, language: str) -> None:
    """Give a browser the session of a person, without the login page; None is a visitor."""
    context.clear_cookies()
    cookies = {settings.LANGUAGE_COOKIE_NAME: language}
    if user is not None:
        store = SessionStore()
        store[SESSION_KEY] = str(user.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.set_expiry(dt.timedelta(days=1))
        store.create()
        cookies[settings.SESSION_COOKIE_NAME] = str(store.session_key)
    context.add_cookies(
        [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
    )


#: So long nothing must be on its way for a page to count as there.
QUIET = 0.1


class Traffic:
    """What a page has asked for and not got yet."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.open: set[Any] = set()
        self.last = time.monotonic()
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)

    def _asked(self, request: Any) -> None:
        self.open.add(request)
        self.last = time.monotonic()

    def _answered(self, request: Any) -> None:
        self.open.discard(request)
        self.last = time.monotonic()

    def settle(self, seconds: float = 15) -> None:
        """Wait until the page is loaded and all that it asked for has come."""
        self.page.wait_for_load_state("load")
        until = time.monotonic() + seconds
        while self.open or time.monotonic() - self.last < QUIET:
            if time.monotonic() > until:
                raise AssertionError(f"waits for {[request.url for request in self.open]}")
            self.page.wait_for_timeout(20)


def overflow(page: Any) -> int:
    """By how many pixels the page is wider than its window."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(int(wide), 0)
