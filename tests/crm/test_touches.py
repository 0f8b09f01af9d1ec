"""A touch is kept whole: what the address says and what is given are not mixed."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refused
from core.ledger.causes import because
from core.ledger.tables import Kind
from crm.landing import Landing, read_landing
from crm.models import Source, Touch
from crm.services.touches import record_touch

ADDRESS = (
    "https://shop.example/?utm_source=Google&utm_medium=cpc&UTM_Campaign=Spring%20sale"
    "&gclid=abc&x=1&utm_source=second"
)


@pytest.fixture(autouse=True)
def cause(db: None) -> Any:
    """A cause for what the test asks a service to do."""
    with because(Kind.FORM, label="test"):
        yield


def test_the_address_tells_the_triple_and_the_click() -> None:
    assert read_landing(ADDRESS) == Landing("Google", "cpc", "Spring sale", {"gclid": "abc"})


@pytest.mark.parametrize("url", ["", "no address", "http://[broken", "https://a.example/?utm"])
def test_an_address_that_says_nothing(url: str) -> None:
    assert read_landing(url) == Landing()


def test_too_many_parameters_say_nothing() -> None:
    assert read_landing("https://a.example/?" + "&".join(["a=1"] * 101)) == Landing()


def test_a_touch_is_recorded_with_names_found_or_made() -> None:
    first = record_touch(landing_url=ADDRESS, referrer="https://g.example/", visitor="v1", by=None)
    second = record_touch(source="GOOGLE", by=None)
    assert str(first) == "Google / cpc / Spring sale"
    assert first.click_ids == {"gclid": "abc"}
    assert second.source == first.source
    assert (second.medium, second.campaign, second.click_ids) == (None, None, {})
    assert Source.objects.count() == 1


def test_a_given_triple_is_not_mixed_with_that_of_the_address() -> None:
    touch = record_touch(landing_url=ADDRESS, source="Partner", by=None)
    assert (touch.source.name, touch.medium, touch.campaign) == ("Partner", None, None)


def test_an_address_that_is_none_is_refused() -> None:
    for values in ({"landing_url": "javascript:x"}, {"referrer": "??"}, {"visitor": "v" * 65}):
        with pytest.raises(Refused) as refused:
            record_touch(by=None, **values)
        assert list(refused.value.fields) == list(values)
    assert not Touch.objects.exists()
