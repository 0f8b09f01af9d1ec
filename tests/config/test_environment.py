from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

BASE = Path("/base")


def test_a_missing_text_without_default_is_named(monkeypatch):
    monkeypatch.delenv("SOME_SECRET", raising=False)
    with pytest.raises(ImproperlyConfigured, match="SOME_SECRET"):
        environment.text("SOME_SECRET")


def test_an_empty_text_counts_as_missing(monkeypatch):
    monkeypatch.setenv("SOME_SECRET", "")
    with pytest.raises(ImproperlyConfigured, match="SOME_SECRET"):
        environment.text("SOME_SECRET")
    assert environment.text("SOME_SECRET", "default") == "default"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("Yes", True), ("ON", True), ("false", False), ("0", False)],
)
def test_flags_are_read_in_any_spelling(monkeypatch, value, expected):
    monkeypatch.setenv("SOME_FLAG", value)
    assert environment.flag("SOME_FLAG", not expected) is expected


def test_a_flag_that_is_neither_is_refused(monkeypatch):
    monkeypatch.setenv("SOME_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="SOME_FLAG is 'maybe'"):
        environment.flag("SOME_FLAG", True)


def test_a_number_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("SOME_NUMBER", "8k")
    with pytest.raises(ImproperlyConfigured, match="SOME_NUMBER is '8k'"):
        environment.number("SOME_NUMBER", 1)


def test_words_are_split_and_trimmed(monkeypatch):
    monkeypatch.setenv("SOME_WORDS", " a.example , ,b.example")
    assert environment.words("SOME_WORDS") == ["a.example", "b.example"]


def test_an_absolute_sqlite_path_is_kept_and_writers_queue():
    entry = environment.database("sqlite:////abs/path%20here.sqlite3", BASE)
    assert entry["NAME"] == "/abs/path here.sqlite3"
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_relative_sqlite_path_starts_at_the_base():
    assert environment.database("sqlite:///trial.sqlite3", BASE)["NAME"] == "/base/trial.sqlite3"


def test_a_postgres_address_is_taken_apart():
    entry = environment.database(
        "postgres://an%40na:p%2Fw@db.example:6432/crm?sslmode=require", BASE
    )
    assert (entry["USER"], entry["PASSWORD"], entry["HOST"]) == ("an@na", "p/w", "db.example")
    assert (entry["PORT"], entry["NAME"]) == ("6432", "crm")
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert "lock_timeout" in entry["OPTIONS"]["options"]


def test_another_scheme_is_refused():
    with pytest.raises(ImproperlyConfigured, match="mysql"):
        environment.database("mysql://localhost/crm", BASE)
