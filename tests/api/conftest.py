"""What the tests of the API share: a client with a token, and a lead of the rep's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client

from crm.models import User
from tests import factories


class Api:
    """Speaks JSON to the API as the owner of a token."""

    def __init__(self, user: User, scopes: Sequence[str] = ("read", "write")) -> None:
        self.secret = factories.make_token(user, scopes, name="Test token")
        self.client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer; `path` is below /api/v1/, header names are given with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        address = path if path.startswith(("http", "/")) else f"/api/v1/{path}"
        return self.client.generic(
            method,
            address,
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"authorization": f"Bearer {self.secret}", **sent},
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


@pytest.fixture
def api() -> Callable[..., Api]:
    """`api(user)`, or `api(user, ["read"])`: a client with a fresh token."""
    return Api


@pytest.fixture
def lead(cast: Any, pipeline: Any) -> Any:
    """A lead of the rep's, in the rep's team, which the follower follows."""
    return factories.make_lead(
        by=cast.rep,
        title="Forty laptops",
        owner=cast.rep.pk,
        team=cast.team.pk,
        expected_revenue="1200.00",
        followers=[cast.follower.pk],
    )
