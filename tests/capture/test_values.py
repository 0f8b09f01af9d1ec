"""Amounts and dates as people and programs write them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.values import (
    BadValue,
    Evidence,
    is_nothing,
    read_amount,
    read_moment,
    read_names,
    read_number,
    read_reference,
    read_yes_no,
)

PARIS = ZoneInfo("Europe/Paris")


def evidence(amounts: tuple[str, ...] = (), dates: tuple[str, ...] = ()) -> Evidence:
    seen = Evidence()
    for cell in amounts:
        seen.see_amount(cell)
    for cell in dates:
        seen.see_date(cell)
    return seen


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1054", "1054"),
        ("0", "0"),
        ("117.0", "117"),
        ("1100.04", "1100.04"),
        ("1 234,50 €", "1234.50"),
        ("1\u202f234,5", "1234.50"),
        ("$1,234.00", "1234"),
        ("USD 1,234.50", "1234.50"),
        ("1.234,50 EUR", "1234.50"),
        ("1'234.50", "1234.50"),
        ("12,34,567.00", "1234567"),
        ("1,234,567", "1234567"),
        ("0.125", "0.12"),
        ("1.5E+06", "1500000"),
        ("9999999999999.99", "9999999999999.99"),
        ("-0", "0"),
        ("£9", "9"),
    ],
)
def test_amounts_are_read(cell: str, value: str) -> None:
    assert read_amount(cell, evidence((cell,))) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "others", "value"),
    [
        ("1.234", (), "1234"),
        ("1,234", (), "1234"),
        ("1.234", ("12,50",), "1234"),
        ("1.234", ("12.50",), "1.23"),
        ("1,234", ("12,50",), "1.23"),
        ("1,234", ("12.50",), "1234"),
    ],
)
def test_a_single_mark_means_what_the_other_cells_say(
    cell: str, others: tuple[str, ...], value: str
) -> None:
    assert read_amount(cell, evidence((cell, *others))) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("-1", "negative"),
        ("(1,234.00)", "negative"),
        ("-1 234,50 €", "negative"),
        ("€ -5", "negative"),
        ("5-", "negative"),
        ("12345678901234", "15 digits"),
        ("99999999999999.99", "15 digits"),
        ("1e20", "15 digits"),
        ("a lot", "not an amount"),
        ("NaN", "not an amount"),
        ("Infinity", "not an amount"),
        ("1.2.3", "not an amount"),
        ("1,23,4", "not an amount"),
        ("٣", "not an amount"),
        ("12 %", "not an amount"),
    ],
)
def test_what_is_no_amount_is_refused_in_words(cell: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        read_amount(cell, Evidence())


amounts = st.decimals(0, Decimal("9999999999999.99"), places=2)


@given(amounts, st.sampled_from(["{:,.2f}", "{:.2f}", "$ {:,.2f}", "{:,.2f} USD"]))
def test_english_amounts_come_back_as_they_were(amount: Decimal, form: str) -> None:
    cell = form.format(amount)
    assert read_amount(cell, evidence((cell,))) == amount


@given(amounts, st.sampled_from([".", " ", "\u00a0", "\u202f", ""]))
def test_french_amounts_come_back_as_they_were(amount: Decimal, thousands: str) -> None:
    cell = f"{amount:,.2f}".replace(",", "_").replace(".", ",").replace("_", thousands) + " €"
    assert read_amount(cell, evidence((cell,))) == amount


@given(st.text(max_size=20))
def test_an_amount_is_never_negative_nor_too_long(cell: str) -> None:
    try:
        value = read_amount(cell, evidence((cell,)))
    except BadValue:
        return
    assert 0 <= value < Decimal(10) ** 13
    assert value == round(value, 2)


def moment(cell: str, day_first: bool = True, dates: tuple[str, ...] = ()) -> dt.date:
    return read_moment(cell, evidence(dates=(cell, *dates)), day_first=day_first, zone=PARIS)


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("2016-10-20", dt.date(2016, 10, 20)),
        ("2016/10/20", dt.date(2016, 10, 20)),
        ("20161020", dt.date(2016, 10, 20)),
        ("20/10/2016", dt.date(2016, 10, 20)),
        ("20.10.16", dt.date(2016, 10, 20)),
        ("10/20/2016", dt.date(2016, 10, 20)),
        ("2026-02-24 00:00:00", dt.date(2026, 2, 24)),
        ("Mar 1, 2017", dt.date(2017, 3, 1)),
        ("1 March 2017", dt.date(2017, 3, 1)),
        ("1er août 2017", dt.date(2017, 8, 1)),
        ("Monday, 5 Sept. 2022", dt.date(2022, 9, 5)),
        ("1-févr.-2017", dt.date(2017, 2, 1)),
        ("29/02/2024", dt.date(2024, 2, 29)),
    ],
)
def test_dates_are_read(cell: str, date: dt.date) -> None:
    assert moment(cell) == date


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2026-02-24T02:18:00.000Z", dt.datetime(2026, 2, 24, 2, 18, tzinfo=dt.UTC)),
        ("2026-02-24 02:18:05", dt.datetime(2026, 2, 24, 2, 18, 5, tzinfo=PARIS)),
        ("02/23/26 08:55 PM", dt.datetime(2026, 2, 23, 20, 55, tzinfo=PARIS)),
        ("4/18/2025 17:19", dt.datetime(2025, 4, 18, 17, 19, tzinfo=PARIS)),
        ("2025-04-18T12:30+02:00", dt.datetime(2025, 4, 18, 10, 30, tzinfo=dt.UTC)),
        ("12/31/25 12:10 AM", dt.datetime(2025, 12, 31, 0, 10, tzinfo=PARIS)),
    ],
)
def test_times_are_read_in_the_zone_they_name_or_the_given_one(cell: str, at: dt.datetime) -> None:
    assert moment(cell) == at


def test_one_value_above_twelve_decides_for_all() -> None:
    assert moment("03/04/2025", day_first=True, dates=("12/25/2025",)) == dt.date(2025, 3, 4)
    assert moment("03/04/2025", day_first=False, dates=("25/12/2025",)) == dt.date(2025, 4, 3)
    assert moment("03/04/2025", day_first=False) == dt.date(2025, 3, 4)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("2017-02-30", "does not exist"),
        ("31/04/2017", "does not exist"),
        ("29/02/2023", "does not exist"),
        ("2017-13-01", "does not exist"),
        ("0000-00-00", "does not exist"),
        ("2017-01-01 25:00", "does not exist"),
        ("1 Brumaire 2017", "does not exist"),
        ("soon", "not a date"),
        ("42795", "not a date"),
        ("2017-01", "not a date"),
    ],
)
def test_dates_that_do_not_exist_are_refused_in_words(cell: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        moment(cell)


@given(st.dates(dt.date(1970, 1, 1), dt.date(2069, 12, 31)), st.booleans())
def test_every_date_comes_back_from_either_order(date: dt.date, day_first: bool) -> None:
    cell = date.strftime("%d/%m/%Y" if day_first else "%m/%d/%Y")
    assert moment(cell, day_first=day_first) == date


@given(st.text(max_size=25))
def test_any_text_is_a_date_or_refused(cell: str) -> None:
    try:
        value = moment(cell)
    except BadValue:
        return
    assert isinstance(value, dt.date)


def test_words_for_nothing() -> None:
    assert all(map(is_nothing, ["", " ", "--", "#N/A", "n/a", "NULL", "(none)"]))
    assert not is_nothing("0")
    assert read_reference("000000000000000AAA") == ""
    assert read_reference(" 0061t00000AbCdEAAX ") == "0061t00000AbCdEAAX"


def test_yes_no_numbers_and_names() -> None:
    assert [read_yes_no(word) for word in ("TRUE", "1", "Oui")] == [True] * 3
    assert [read_yes_no(word) for word in ("false", "0", "non")] == [False] * 3
    with pytest.raises(BadValue, match="neither"):
        read_yes_no("perhaps")
    assert [read_number(cell) for cell in ("2,822", "17 479", "12.0")] == [2822, 17479, 12]
    with pytest.raises(BadValue, match="whole number"):
        read_number("9999999999")
    assert read_names("hot; new ;hot") == ["hot", "new"]
