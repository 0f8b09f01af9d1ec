"""What a person's pages remember: each by its name, in no ledger, within bounds."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refused
from core.ledger.tables import Change
from crm.models import User
from crm.services.preferences import set_preference


def test_a_preference_is_kept_beside_the_others_and_dropped_by_none(rep: User) -> None:
    stale = User.objects.get(pk=rep.pk)
    changes = Change.objects.count()
    set_preference(user=rep, name="a", value=[1])
    set_preference(user=stale, name="b", value={"x": True})
    assert User.objects.get(pk=rep.pk).preferences == {"a": [1], "b": {"x": True}}
    set_preference(user=rep, name="a", value=None)
    assert User.objects.get(pk=rep.pk).preferences == {"b": {"x": True}}
    assert Change.objects.count() == changes


def test_more_than_fits_is_refused_and_nothing_is_lost(rep: User) -> None:
    set_preference(user=rep, name="a", value=1)
    value: Any = "x" * 30_000
    with pytest.raises(Refused):
        set_preference(user=rep, name="b", value=value)
    assert User.objects.get(pk=rep.pk).preferences == {"a": 1}
