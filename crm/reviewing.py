"""The queue of records that are likely one and the same, for somebody to go through.

No record is compared with all others: the database groups by an indexed key and gives the keys that
stand there more than once, some hundred at a time in the order of the key; only the records of
those are read, as far as the person sees them, and compared with each other. A page stops as soon
as it is full, and the next one goes on behind its last key, so that what is merged or told apart
meanwhile shifts nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import batched, combinations
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q, QuerySet

from core.keyset import BadCursor, pack, unpack
from crm.duplicates import LIKELY, SHARED, SURE, Match, weigh
from crm.models import Distinct

if TYPE_CHECKING:
    from crm.models import User

#: So many entries are shown at once.
PAGE = 20
#: So many keys are asked for at a time, so many of them looked at together, and so many times at
#: most for one page: where nothing is found, the reader says whether to look further.
KEYS, BATCH, ROUNDS = 1000, 200, 50

EVERY = Q()

Key = tuple[Any, ...]
#: What is known of a record: its id and the columns that are compared.
Known = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A grouping of rows by columns: which keys stand there more than once, and where.

    `rows` are those that count for a person; where it is dear to ask who sees what of all, that is
    left to those who read the members. `path` leads from a row to its record. What more than `most`
    share says nothing. `also` is asked of a group, on its `counted` columns.
    """

    rows: Callable[[User], QuerySet[Any]]
    columns: tuple[str, ...]
    path: str = "pk"
    most: int = SHARED + 1
    counted: Mapping[str, Any] = field(default_factory=dict)
    also: Q = EVERY

    def keys(self, user: User, after: Key | None) -> list[Key]:
        """The next keys that several records share, in their order."""
        rows = self.rows(user)
        if after is not None:
            rows = rows.filter(_behind(self.columns, after))
        groups = rows.order_by().values_list(*self.columns)
        groups = groups.annotate(several=Count("*"), **self.counted)
        groups = groups.filter(self.also, several__gt=1, several__lte=self.most)
        found = groups.order_by(*self.columns).values_list(*self.columns)
        return list(found[:KEYS])

    def members(self, user: User, keys: Collection[Key]) -> Iterator[tuple[Key, int]]:
        """The records of keys, each with its key."""
        wanted = set(keys)
        parts = {f"{name}__in": {key[at] for key in keys} for at, name in enumerate(self.columns)}
        rows = self.rows(user).filter(**parts).order_by().values_list(self.path, *self.columns)
        for pk, *values in rows:
            if tuple(values) in wanted:
                yield tuple(values), pk


def _behind(columns: Sequence[str], after: Key) -> Q:
    """The rows whose columns come after the values of `after`."""
    found, equal = Q(), Q()
    for name, value in zip(columns, after, strict=True):
        found |= equal & Q(**{f"{name}__gt": value})
        equal &= Q(**{name: value})
    # Said once more, plainly, so that an index starts in the right place.
    return found & Q(**{f"{columns[0]}__gte": after[0]})


@dataclass(frozen=True, slots=True)
class Criterion:
    """One way in which records are alike. `keys` are all under which a record stands; where it
    has several groupings, the same values may stand in any of them.

    `across` finds the keys that groupings share between them. Alone it stands for all of them;
    else keys are merged by the order of Python, so that they have to be numbers or digits.
    """

    name: str
    keys: Callable[[Known], set[Key]]
    groupings: Sequence[Repeated]
    across: Callable[[User, Key | None], list[Key]] | None = None
    is_across_alone: bool = False

    def repeated(self, user: User, after: Key | None) -> list[Key]:
        """The next keys that several records share: the least of all groupings."""
        if self.across is not None and self.is_across_alone:
            return self.across(user, after)
        found = [grouping.keys(user, after) for grouping in self.groupings]
        if self.across is None and len(found) == 1:
            return found[0]
        if self.across is not None:
            found.append(self.across(user, after))
        # Behind the last key of one that is not at its end, others may lie.
        ends = [keys[-1] for keys in found if len(keys) == KEYS]
        merged = sorted({key for keys in found for key in keys})
        return [key for key in merged if not ends or key <= min(ends)][:KEYS]

    def members(self, user: User, keys: Collection[Key]) -> dict[Key, set[int]]:
        """The records of each key."""
        found: dict[Key, set[int]] = defaultdict(set)
        for grouping in self.groupings:
            for key, pk in grouping.members(user, keys):
                found[key].add(pk)
        return found


@dataclass(frozen=True, slots=True)
class Review:
    """How one kind of record is gone through: `criteria` in the order of their weight, `traits` by
    reason what is compared, `columns` what that needs. `known` reads it of records in sight;
    `differs` says that two are two for all that they share."""

    pairs: type[Distinct]
    weights: Mapping[str, int]
    criteria: Sequence[Criterion]
    traits: Callable[[Known], Mapping[str, set[Any]]]
    known: Callable[[User, Collection[int]], dict[int, dict[str, Any]]]
    read: Callable[[Collection[int]], QuerySet[Any]]
    differs: Callable[[Known, Known, Collection[str]], bool] = lambda one, other, reasons: False


@dataclass(slots=True)
class Entry:
    """Records that are likely one and the same, the reasons that hold for all of them, and how
    surely. `records` are read for the page."""

    ids: list[int]
    match: Match
    records: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of the queue. `next` is where it goes on, "" at its end."""

    entries: list[Entry]
    next: str


def read_page(review: Review, user: User, *, after: str = "", size: int = PAGE) -> Page:
    """A page of the queue for a person, from the place `after` on."""
    name, key = _place(review, after, user)
    names = [criterion.name for criterion in review.criteria]
    found: list[Entry] = []
    last: tuple[str, Key] | None = None
    parts = _parts(review.criteria[names.index(name) :], key, user)
    for round_, (criterion, keys) in enumerate(parts, start=1):
        for each, entry in _entries(review, criterion, keys, user):
            # What one key brings is not torn apart.
            if len(found) >= size and last is not None and last != (criterion.name, each):
                return _page(review, found, last)
            found.append(entry)
            last = (criterion.name, each)
        if round_ >= ROUNDS:
            return _page(review, found, (criterion.name, keys[-1]))
    return _page(review, found, None)


def _parts(
    criteria: Sequence[Criterion], after: Key | None, user: User
) -> Iterator[tuple[Criterion, Sequence[Key]]]:
    """The keys that several records share, criterion by criterion, from `after` on."""
    for criterion in criteria:
        while keys := criterion.repeated(user, after):
            for part in batched(keys, BATCH):
                yield criterion, part
            if len(keys) < KEYS:
                break
            after = keys[-1]
        after = None


def _place(review: Review, after: str, user: User) -> tuple[str, Key | None]:
    """The criterion and the key behind which a page begins; the start for what is no place."""
    with suppress(BadCursor):
        name, *key = unpack(after)
        criterion = next((each for each in review.criteria if each.name == name), None)
        if criterion is not None and _fits(key, criterion.groupings[0], user):
            return criterion.name, tuple(key)
    return review.criteria[0].name, None


def _fits(key: Sequence[Any], grouping: Repeated, user: User) -> bool:
    """Whether a key may be one of the grouping's: as many values, of the kinds of its columns."""
    model: Any = grouping.rows(user).model
    if len(key) != len(grouping.columns):
        return False
    kinds = [int if model._meta.get_field(name).is_relation else str for name in grouping.columns]
    return all(_is_value(value, kind) for value, kind in zip(key, kinds, strict=True))


def _is_value(value: Any, kind: type) -> bool:
    """Whether a value can stand in a column of that kind."""
    if kind is int:
        return type(value) is int and abs(value) < 2**63
    return isinstance(value, str) and "\x00" not in value


def _entries(
    review: Review, criterion: Criterion, keys: Sequence[Key], user: User
) -> Iterator[tuple[Key, Entry]]:
    """What of some keys is to be gone through, in their order: pairs that the person sees, that
    nobody told apart and that no earlier key has brought."""
    if not keys:
        return
    members = criterion.members(user, keys)
    known = review.known(user, {pk for ids in members.values() for pk in ids})
    if len(known) < 2:
        return
    apart = set(review.pairs.objects.among(list(known)).values_list("first", "second"))
    for key in keys:
        ids = sorted(pk for pk in members.get(key, ()) if pk in known)
        alike = {
            pair: reasons
            for pair in combinations(ids, 2)
            if pair not in apart
            and _first_place(review, known[pair[0]], known[pair[1]]) == (criterion.name, key)
            and (reasons := _reasons(review, known[pair[0]], known[pair[1]]))
        }
        for group in _groups(alike):
            pairs = [pair for pair in alike if pair[0] in group]
            shared = [name for name in review.weights if all(name in alike[p] for p in pairs)]
            match = Match(None, tuple(shared), min(weigh(shared, review.weights), SURE))
            yield key, Entry(sorted(group), match)


def _first_place(review: Review, one: Known, other: Known) -> tuple[str, Key] | None:
    """Under which criterion and key two records stand in the queue: the first that they share."""
    for criterion in review.criteria:
        shared = criterion.keys(one) & criterion.keys(other)
        if shared:
            return criterion.name, min(shared)
    return None


def _reasons(review: Review, one: Known, other: Known) -> list[str]:
    """Why two records may be the same; none where that is not likely."""
    mine, theirs = review.traits(one), review.traits(other)
    reasons = [name for name in review.weights if mine.get(name, set()) & theirs.get(name, set())]
    if weigh(reasons, review.weights) < LIKELY or review.differs(one, other, reasons):
        return []
    return reasons


def _groups(pairs: Iterable[tuple[int, int]]) -> list[set[int]]:
    """Records that hang together by pairs."""
    groups: list[set[int]] = []
    for pair in pairs:
        touched = [group for group in groups if group & {*pair}]
        merged = set(pair).union(*touched)
        groups = [group for group in groups if group not in touched] + [merged]
    return groups


def _page(review: Review, entries: list[Entry], last: tuple[str, Key] | None) -> Page:
    """A page with its records read; it goes on behind `last`, if anywhere."""
    wanted = {pk for entry in entries for pk in entry.ids}
    records = {record.pk: record for record in review.read(wanted)} if wanted else {}
    for entry in entries:
        entry.records = [records[pk] for pk in entry.ids if pk in records]
    return Page(entries, pack([last[0], *last[1]]) if last is not None else "")
