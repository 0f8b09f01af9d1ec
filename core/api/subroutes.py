"""Sub-routes that one floor hangs below a resource of a floor beneath it.

`register_subroute("leads", "score", ScoreView, {"get": "retrieve"})` makes
`/api/v1/leads/{id}/score/`, named `leads-score`. The view is a subclass of
`core.api.views.SubresourceView`, which sees to it that the record is in sight. Register while the
app's API module is imported or in `AppConfig.ready()`: the routes are read when the address table
is first used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, path


@dataclass(frozen=True, slots=True)
class Subroute:
    """A view below the records of a resource; `methods` maps HTTP methods to its actions."""

    resource: str
    route: str
    view: Any
    methods: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the route: `leads-contacts`, and `leads-contacts-contact` one deeper."""
        return "-".join([self.resource, *re.findall(r"[a-z_]+(?=/|>|$)", self.route)])

    def pattern(self) -> URLPattern:
        """The route itself."""
        view = self.view.as_view(dict(self.methods), basename=self.resource, subroute=self.route)
        found: URLPattern = path(f"{self.resource}/<id:pk>/{self.route}/", view, name=self.name)
        return found


_registered: dict[tuple[str, str], Subroute] = {}


def register_subroute(resource: str, route: str, view: Any, methods: Mapping[str, str]) -> None:
    """Hang `view` below the records of `resource`; a route can be taken once."""
    made = Subroute(resource, route, view, methods)
    if _registered.setdefault((resource, route), made) != made:
        raise ValueError(f"{resource}/…/{route}/ is taken by {_registered[resource, route].view}.")


def forget_subroute(resource: str, route: str) -> None:
    """Take a route away again, for tests."""
    _registered.pop((resource, route), None)


def subroutes() -> list[URLPattern]:
    """The routes of all that was registered."""
    return [found.pattern() for _key, found in sorted(_registered.items())]
