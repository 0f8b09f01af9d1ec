"""Tags, products, sources: found by name without regard to case and spaces, or made; once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from core.errors import NotAllowed, Refused
from core.ledger.causes import because
from core.ledger.tables import Change, Kind
from crm.models import Campaign, Medium, Product, Source, Tag, User
from crm.services.products import get_or_make_products
from crm.services.sources import get_or_make_origin, get_or_make_sources
from crm.services.tags import get_or_make_tags
from tests import factories
from tests.budgets import counting_queries


@pytest.fixture
def cause(db: None) -> Any:
    """A cause for what the test asks a service to do."""
    with because(Kind.SYSTEM, label="test"):
        yield


@pytest.mark.usefixtures("cause")
def test_tags_come_in_the_order_asked_and_are_made_once(cast: Any) -> None:
    known = factories.make_tag("Fair")
    found = get_or_make_tags(names=["Hot", " FAIR ", "hot", "", "Cold  call"], by=cast.rep)
    assert [tag.name for tag in found] == ["Hot", "Fair", "Hot", "Cold call"]
    assert found[1] == known
    assert Tag.objects.count() == 3
    assert get_or_make_tags(names=["COLD CALL"], by=cast.rep) == [found[3]]


@pytest.mark.usefixtures("cause")
def test_a_hundred_names_cost_as_much_as_two(cast: Any) -> None:
    def measure(names: list[str]) -> int:
        queries: list[str] = []
        with counting_queries(queries):
            get_or_make_tags(names=names, by=cast.rep)
        return len(queries)

    few = measure(["a1", "a2"])
    assert measure([f"b{number}" for number in range(100)]) <= few + 2


@pytest.mark.usefixtures("cause")
def test_a_name_that_is_too_long_is_refused(cast: Any) -> None:
    for name in ("x" * 61, "a\x00b"):
        with pytest.raises(Refused) as refused:
            get_or_make_tags(names=["ok", name], by=cast.rep)
        assert list(refused.value.fields) == ["name"]
    assert not Tag.objects.exists()


@pytest.mark.usefixtures("cause")
def test_gtxpro_is_gtx_pro(cast: Any) -> None:
    product = factories.make_product("GTX Pro")
    assert get_or_make_products(names=["GTXPro", "gtx  pro"], by=cast.manager) == [product] * 2
    assert get_or_make_products(names=["MG Special"], by=None)[0].name == "MG Special"
    assert Product.objects.count() == 2


@pytest.mark.usefixtures("cause")
def test_products_are_made_by_managers(cast: Any) -> None:
    with pytest.raises(NotAllowed):
        get_or_make_products(names=["Mine"], by=cast.rep)


@pytest.mark.usefixtures("cause")
def test_an_origin_is_three_names(cast: Any) -> None:
    first = get_or_make_origin(source="Google", medium="CPC", campaign="Spring", by=cast.rep)
    assert get_or_make_origin(source="google ", medium="cpc", campaign="", by=cast.rep) == (
        first[0],
        first[1],
        None,
    )
    counts = [model.objects.count() for model in (Source, Medium, Campaign)]
    assert counts == [1, 1, 1]


@pytest.mark.usefixtures("cause")
def test_making_is_logged_and_finding_is_not(cast: Any) -> None:
    get_or_make_sources(names=["Fair"], by=cast.rep)
    get_or_make_sources(names=["FAIR"], by=cast.rep)
    assert Change.objects.filter(record_type="crm.source").count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_each_name_once() -> None:
    user = factories.make_user("Rita Rep", "rep")
    names = [f"Tag {number}" for number in range(12)]
    start = threading.Barrier(20)
    found: list[list[int]] = []
    failed: list[BaseException] = []

    def work(place: int) -> None:
        try:
            start.wait()
            mine = names[place % 12 :] + names[: place % 12]
            with because(Kind.PERSON, by=user):
                tags = get_or_make_tags(names=mine, by=User.objects.get(pk=user.pk))
            found.append(sorted(tag.pk for tag in tags))
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert Tag.objects.count() == 12
    assert all(keys == found[0] for keys in found)
    assert len(found) == 20
