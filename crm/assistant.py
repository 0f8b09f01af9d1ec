"""The steps by which an installation is set up. Floors above register theirs: a pipeline, and the
ways in which leads come in at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm.models import User
from crm.services.preferences import set_preference

#: Under this name a person's preferences say of each step whether it is done or skipped.
PREFERENCE = "setup"
DONE, SKIPPED = "done", "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """A step: one form on one screen. `form(data, user)` makes it, with what holds now when there
    is no data; `save(form, user)` does what it says, by the services, and may raise what they do.
    `about` says in a sentence what it is for."""

    name: str
    label: Any
    about: Any
    order: int
    form: Callable[[Any, User], Any]
    save: Callable[[Any, User], None]


@dataclass(frozen=True, slots=True)
class Ending:
    """What may come after the last step. `url` names a route, which is opened, or with `is_deed`
    sent to; `allowed` says for whom it is and when."""

    name: str
    label: Any
    about: Any
    icon: str
    order: int
    url: str
    is_deed: bool = False
    allowed: Callable[[User], bool] = lambda user: True


_steps: dict[str, Step] = {}
_endings: dict[str, Ending] = {}


def register(*steps: Step) -> None:
    """Ask these when an installation is set up."""
    for step in steps:
        _steps[step.name] = step


def register_ending(ending: Ending) -> None:
    """Offer this when all is asked."""
    _endings[ending.name] = ending


def steps() -> list[Step]:
    """All steps in order."""
    return sorted(_steps.values(), key=lambda step: step.order)


def endings(user: User) -> list[Ending]:
    """What a person may go on with."""
    found = [ending for ending in _endings.values() if ending.allowed(user)]
    return sorted(found, key=lambda ending: ending.order)


def state_of(user: User) -> dict[str, str]:
    """What a person has said of each step."""
    kept = user.preferences.get(PREFERENCE)
    return dict(kept) if isinstance(kept, dict) else {}


def mark(user: User, step: Step, state: str) -> None:
    """Remember what became of a step."""
    set_preference(user=user, name=PREFERENCE, value={**state_of(user), step.name: state})


def next_step(user: User) -> Step | None:
    """Where the person goes on: the first step that they neither did nor skipped."""
    state = state_of(user)
    return next((step for step in steps() if step.name not in state), None)
