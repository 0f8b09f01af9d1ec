"""Telling the lives of a great many leads: a chapter of them at a time, several at once where there
are processors to do it. Pure: a chapter is the same whoever tells it, and when."""

from __future__ import annotations

import multiprocessing
import os
import random
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.db import connection

from demo.life import Setting
from demo.lives import Storyteller
from demo.loading import Load, pack
from demo.plan import Outline

#: Leads of a chapter: what is kept in memory at once.
CHAPTER = 2000
#: From so many leads on it pays to start helpers.
MANY = 20_000


@dataclass(frozen=True, slots=True)
class Chapter:
    """Rows ready to be loaded, and the persons and days of the causes that they name."""

    loads: Sequence[Load]
    used: set[tuple[int, int]]


def tell(setting: Setting, number: int, outlines: Sequence[Outline]) -> Chapter:
    """The chapter of a number."""
    rng = random.Random(f"{setting.seed}:{number}")
    teller = Storyteller(setting, rng, number)
    for place, outline in enumerate(outlines):
        teller.tell(number * CHAPTER + place, outline)
    loads = [pack(table) for table in teller.tables()]
    return Chapter(loads, set(teller.why.used))


def chapters(setting: Setting, outlines: Iterable[Outline]) -> Iterator[Chapter]:
    """All chapters in their order."""
    parts = enumerate(batched(outlines, CHAPTER))
    if setting.count < MANY or "fork" not in multiprocessing.get_all_start_methods():
        for number, part in parts:
            yield tell(setting, number, part)
        return
    helpers = min(os.cpu_count() or 1, 4)
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(helpers, context, _prepare, (setting,)) as pool:
        waiting: deque[Future[Chapter]] = deque()
        for number, part in parts:
            waiting.append(pool.submit(_tell, number, part))
            if len(waiting) > helpers + 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_setting: Setting | None = None


def _prepare(setting: Setting) -> None:
    """In a helper: remember what all chapters have in common. The connection that it was forked
    with is its parent's, and two who speak on one line understand nobody."""
    global _setting  # noqa: PLW0603 - a process has one
    _setting = setting
    connection.execute_wrappers.append(_refuse)


def _refuse(*_args: Any) -> Any:
    raise RuntimeError("Lives are told without the database: read it before.")


def _tell(number: int, outlines: Sequence[Outline]) -> Chapter:
    if _setting is None:
        raise RuntimeError("The helper was not prepared.")
    return tell(_setting, number, outlines)
