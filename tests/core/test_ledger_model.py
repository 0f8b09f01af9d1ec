"""The ledger against a model: random services, bulk edits, deletions, undos and undos of undos.

The model knows nothing of the ledger. It keeps full dumps of the tracked tables before and after
each deed, takes their difference for what the deed did, and foretells from these alone what an undo
must do. After each step the database must equal the foretelling, the past must read as it was
dumped, and what is derived must equal a recount.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import ServiceError
from core.ledger.causes import because
from core.ledger.codes import codes_of, links_of
from core.ledger.doctor import check_chain
from core.ledger.history import state_at
from core.ledger.schema import schema_of, tracked_models
from core.ledger.tables import Kind
from core.services.undoing import undo_cause
from crm.models import Company, Contact, CustomField, Tag, User
from crm.services import distinct
from messaging.models import File, Note
from messaging.services import files, notes
from pipeline.models import (
    Activity,
    ActivityType,
    CriterionTick,
    DistinctLeads,
    Lead,
    LeadContact,
    LeadSpan,
    LostReason,
    Stage,
    StageVisit,
)
from pipeline.services import (
    activities,
    assignment,
    closing,
    examining,
    leads,
    moves,
    people,
    sets,
    totals,
)
from tests import factories

THOROUGH = bool(os.environ.get("RELANCE_THOROUGH"))
Key = tuple[str, int, str]
Dump = dict[Key, Any]
EXISTS = ""
WATCHED = [
    *(Lead, LeadContact, CriterionTick, Activity, Note, File, DistinctLeads),
    *(Company, Contact, Tag, Stage),
]
#: What an undo may make anew instead of writing the old value back.
LOOSE = {("pipeline.lead", "position")}


def dump() -> Dump:
    """Every tracked value of the watched tables, and each member of each set."""
    found: Dump = {}
    for model in WATCHED:
        schema, label = schema_of(model), model._meta.label_lower
        for row in model._base_manager.all():
            found[label, row.pk, EXISTS] = True
            for name, value in codes_of(schema, row).items():
                if value not in (None, ""):
                    found[label, row.pk, name] = value
        for name, link in links_of(model).items():
            parent, child = link.link_attnames()
            for holder, member in link._base_manager.values_list(parent, child):
                found[label, holder, f"{name}:{member}"] = True
    return found


def derived() -> tuple[Any, ...]:
    """The derived rows without their ids."""
    machine = ("stage_entered_at", "probability_stage", "touched_at", "next_activity_at")
    visits = StageVisit.objects.values_list("lead", "stage", "entered_at", "left_at")
    spans = LeadSpan.objects.values_list(
        *[f.attname for f in LeadSpan._meta.concrete_fields if f.name != "id"]
    )
    return (
        sorted(visits, key=str),
        sorted(spans, key=str),
        sorted(Lead.objects.values_list("pk", *machine), key=str),
        {key: value for key, value in totals.kept().items() if any(value)},
    )


@dataclass
class Deed:
    """A cause with what it did, by the dumps around it."""

    cause: Any
    is_undo: bool
    effects: dict[Key, tuple[Any, Any]]
    rows: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    undone_by: list[Deed] = field(default_factory=list)


class Model:
    """What should be, step by step."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.deeds: list[Deed] = []
        self.moments: list[tuple[Any, Dump]] = []
        self.now = dump()

    def reversed(self, deed: Deed, key: Key) -> bool:
        """Whether an undo that still stands took back what the deed did under `key`."""
        return any(key in u.effects and not self.reversed(u, key) for u in deed.undone_by)

    def do(self, kind: Kind, work: Callable[[], Any], expected: dict[Key, Any] | None) -> None:
        """Run a deed in its own cause; a refusal must leave everything as it was."""
        try:
            with transaction.atomic(), because(kind, by=self.user) as cause:
                work()
        except ServiceError:
            assert dump() == self.now
            return
        after = dump()
        for key, value in (expected or {}).items():
            assert after.get(key) == value, key
        self.note(Deed(cause.id, False, *difference(self.now, after)), after)

    def note(self, deed: Deed, after: Dump) -> None:
        if deed.effects:
            self.deeds.append(deed)
        self.now = after
        self.moments.append((timezone.now(), after))

    def undo(self, deed: Deed) -> None:
        """Undo a deed; the database must become what the model foretells."""
        foretold = self.foretell(deed)
        derived_before = derived()
        try:
            with transaction.atomic():
                report = undo_cause(cause=deed.cause, by=self.user)
        except ServiceError:
            assert dump() == self.now
            assert derived() == derived_before
            return
        after = dump()
        assert strict(after) == strict(foretold)
        undo = Deed(report.cause, True, *difference(self.now, after))
        deed.undone_by.append(undo)
        self.note(undo, after)

    def later(self, deed: Deed, key: Key) -> bool:
        """Whether another deed that still counts changed `key` after this one did."""
        place = self.deeds.index(deed)
        return any(
            key in other.effects and not other.is_undo and not self.reversed(other, key)
            for other in self.deeds[place + 1 :]
        )

    def touched(self, deed: Deed, label: str, record_id: int) -> bool:
        place = self.deeds.index(deed)
        return any(
            (label, record_id) == key[:2] and not other.is_undo and not self.reversed(other, key)
            for other in self.deeds[place + 1 :]
            for key in other.effects
        )

    def foretell(self, deed: Deed) -> Dump:
        """What the tables must hold after the deed is undone."""
        result = dict(self.now)
        born = {k[:2] for k, (old, new) in deed.effects.items() if k[2] == EXISTS and new}
        died = {k[:2] for k, (old, new) in deed.effects.items() if k[2] == EXISTS and old}
        self._values(deed, result, born, died)
        self._births(deed, result, born)
        self._deaths(deed, result, died)
        return result

    def _values(self, deed: Deed, result: Dump, born: set[Any], died: set[Any]) -> None:
        by_record: dict[tuple[str, int], dict[Key, Any]] = defaultdict(dict)
        for key, (old, new) in deed.effects.items():
            if key[:2] in born or key[2] == EXISTS or self.reversed(deed, key):
                continue
            if (*key[:2], EXISTS) not in self.now:
                continue
            by_record[key[:2]][key] = (old, new)
        for (label, _record_id), effects in by_record.items():
            schema = schema_of(apps.get_model(label))
            bad = {
                key
                for key, (_, new) in effects.items()
                if self.later(deed, key) or self.now.get(key) != new
            }
            for key, (old, _) in effects.items():
                target = self._target(schema, key, old)
                if target and (*target, EXISTS) not in self.now and target not in died:
                    bad.add(key)
            spoiled = {name for key in bad for name in schema.together.get(key[2], ())}
            for key, (old, _) in effects.items():
                if key not in bad and key[2] not in spoiled:
                    put(result, key, old)

    @staticmethod
    def _target(schema: Any, key: Key, value: Any) -> tuple[str, int] | None:
        """The record that a value names."""
        if ":" in key[2]:
            name, member = key[2].split(":")
            link = links_of(schema.model)[name]
            model = link._meta.get_field(link.ledger_child).related_model
            return (model._meta.label_lower, int(member)) if watched(model) and value else None
        column = schema.by_name.get(key[2])
        if value is None or column is None or not column.field.is_relation:
            return None
        model = column.field.related_model
        return (model._meta.label_lower, value) if watched(model) else None

    def _births(self, deed: Deed, result: Dump, born: set[tuple[str, int]]) -> None:
        going = {
            record
            for record in born
            if (*record, EXISTS) in self.now
            and not self.touched(deed, *record)
            and not self.reversed(deed, (*record, EXISTS))
        }
        while True:
            held = set()
            for key, value in result.items():
                if key[:2] in going:
                    continue
                target = self._target(schema_of(apps.get_model(key[0])), key, value)
                if target in going:
                    held.add(target)
            if not held:
                break
            going -= held
        for key in [key for key in result if key[:2] in going]:
            del result[key]

    def _deaths(self, deed: Deed, result: Dump, died: set[tuple[str, int]]) -> None:
        order = [model._meta.label_lower for model in (Company, Contact, Tag, Stage, Lead)]
        for label, record_id in sorted(
            died, key=lambda r: (order.index(r[0]) if r[0] in order else 99, r[0], r[1])
        ):
            if (label, record_id, EXISTS) in result:
                continue
            if self.reversed(deed, (label, record_id, EXISTS)):
                continue
            row = dict(deed.rows[label, record_id])
            schema, gone = schema_of(apps.get_model(label)), False
            for name, value in list(row.items()):
                target = self._target(schema, (label, record_id, name), value)
                if target and (*target, EXISTS) not in result:
                    column = schema.by_name.get(name)
                    if column is None or column.field.null:
                        del row[name]
                    else:
                        gone = True
            if gone or self._taken(result, label, row):
                continue
            for name, value in row.items():
                result[label, record_id, name] = value

    @staticmethod
    def _taken(result: Dump, label: str, row: dict[str, Any]) -> bool:
        """Whether a unique pair of the row stands elsewhere by now."""
        pair = {
            "pipeline.leadcontact": ("lead", "contact"),
            "pipeline.criteriontick": ("lead", "stage"),
        }.get(label)
        if pair is None:
            return False
        others = {key[1] for key in result if key[0] == label}
        return any(
            all(result.get((label, other, name)) == row.get(name) for name in pair)
            for other in others
        )


def watched(model: Any) -> bool:
    return model in WATCHED


def put(result: Dump, key: Key, value: Any) -> None:
    if value is None:
        result.pop(key, None)
    else:
        result[key] = value


def strict(found: Dump) -> Dump:
    return {key: value for key, value in found.items() if (key[0], key[2]) not in LOOSE}


def difference(
    before: Dump, after: Dump
) -> tuple[dict[Key, tuple[Any, Any]], dict[tuple[str, int], dict[str, Any]]]:
    """What changed, by key; and the whole rows of what was deleted. A record that was born or died
    counts under its existence alone, but for the sets that it lost."""
    effects = {
        key: (before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    whole = {key[:2] for key in effects if key[2] == EXISTS}
    died = {key[:2] for key, (old, _) in effects.items() if key[2] == EXISTS and old}
    rows: dict[tuple[str, int], dict[str, Any]] = {record: {} for record in died}
    for key, value in before.items():
        if key[:2] in died:
            rows[key[:2]][key[2]] = value
    kept = {k: v for k, v in effects.items() if k[:2] not in whole or k[2] == EXISTS}
    return kept, rows


class World:
    """The records that deeds are about, and the deeds."""

    def __init__(self) -> None:
        self.user = factories.make_user(role="manager")
        self.other = factories.make_user()
        with factories.arranging():
            CustomField.objects.create(
                subject="pipeline.lead", key="code", label="Code", type="text"
            )
            CustomField.objects.create(
                subject="pipeline.lead", key="seats", label="Seats", type="number"
            )
        self.kind = ActivityType.objects.first()
        self.reasons = list(LostReason.objects.values_list("pk", flat=True)[:2])
        self.stages = list(Stage.objects.in_order().values_list("pk", flat=True))
        self.model = Model(self.user)
        self.names = iter(range(1, 1_000_000))

    def pick(self, model: Any, number: int) -> int | None:
        keys = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
        return keys[number % len(keys)] if keys else None

    def some(self, number: int) -> list[int]:
        keys = list(Lead.objects.order_by("pk").values_list("pk", flat=True))
        return [key for place, key in enumerate(keys) if (number >> place) & 1][:4]

    def step(self, deed: str, a: int, b: int, c: int) -> None:
        getattr(self, f"do_{deed}")(a, b, c)

    def run(self, work: Callable[[], Any], expected: Any = None, kind: Kind = Kind.PERSON) -> None:
        self.model.do(kind, work, expected)

    def do_create(self, a: int, b: int, c: int) -> None:
        company, tag = self.pick(Company, a), self.pick(Tag, b)
        draft = leads.LeadDraft(
            {
                "title": f"Lead {next(self.names)}",
                "expected_revenue": Decimal(a % 1000) if a % 3 else None,
                "company": company if b % 2 else None,
                "custom": {"code": f"c{c % 5}"} if c % 2 else {},
            },
            stage=Stage.objects.select_related("pipeline").get(pk=self.stages[c % 3]),
            tags=[tag] if tag and a % 2 else [],
        )
        self.run(lambda: leads.create_lead(draft=draft, by=self.user))

    def do_company(self, a: int, b: int, c: int) -> None:
        self.run(lambda: Company.objects.create(name=f"Company {next(self.names)}"))

    def do_contact(self, a: int, b: int, c: int) -> None:
        company = self.pick(Company, a)
        self.run(lambda: Contact.objects.create(name=f"C {next(self.names)}", company_id=company))

    def do_tag(self, a: int, b: int, c: int) -> None:
        self.run(lambda: Tag.objects.create(name=f"Tag {next(self.names)}"))

    def do_edit(self, a: int, b: int, c: int) -> None:
        lead = self.pick(Lead, a)
        if lead is None:
            return
        values: dict[str, Any] = {"title": f"T{c % 4}"}
        if b % 2:
            values["expected_revenue"] = Decimal(c % 50) if c % 5 else None
        if b % 3 == 0:
            values["custom"] = {"code": f"c{c % 3}" if c % 4 else None, "seats": c % 3}
        if b % 5 == 0:
            values["company"] = self.pick(Company, c)
        if b % 7 == 0:
            values["owner"] = self.other.pk if c % 2 else None
        expected = {("pipeline.lead", lead, "title"): values["title"]}
        self.run(lambda: leads.update_lead(lead=lead, values=values, by=self.user), expected)

    def do_bulk(self, a: int, b: int, c: int) -> None:
        chosen = self.some(a)
        value = Decimal(b % 20)
        expected = {("pipeline.lead", lead, "expected_revenue"): f"{value}.00" for lead in chosen}
        self.run(
            lambda: leads.update_leads(
                leads=chosen, values={"expected_revenue": value}, by=self.user
            ),
            expected,
            Kind.BULK_EDIT,
        )

    def do_queryset(self, a: int, b: int, c: int) -> None:
        chosen = self.some(a)
        self.run(lambda: Lead.objects.filter(pk__in=chosen).update(pain=f"p{b % 3}"))

    def do_move(self, a: int, b: int, c: int) -> None:
        lead, stage, below = self.pick(Lead, a), self.stages[b % 5], self.pick(Lead, c)
        if lead is not None:
            expected = {("pipeline.lead", lead, "stage"): stage}
            self.run(
                lambda: moves.move_lead(lead=lead, stage=stage, below=below, by=self.user), expected
            )

    def do_win(self, a: int, b: int, c: int) -> None:
        lead = self.pick(Lead, a)
        if lead is not None:
            expected = {("pipeline.lead", lead, "status"): "won"}
            self.run(lambda: closing.win_lead(lead=lead, by=self.user), expected)

    def do_lose(self, a: int, b: int, c: int) -> None:
        lead, reason = self.pick(Lead, a), self.reasons[b % 2]
        if lead is not None:
            expected = {("pipeline.lead", lead, "lost_reason"): reason}
            self.run(lambda: closing.lose_lead(lead=lead, reason=reason, by=self.user), expected)

    def do_reopen(self, a: int, b: int, c: int) -> None:
        lead = self.pick(Lead, a)
        if lead is not None:
            expected = {("pipeline.lead", lead, "closed_at"): None}
            self.run(lambda: closing.reopen_lead(lead=lead, by=self.user), expected)

    def do_assign(self, a: int, b: int, c: int) -> None:
        chosen, owner = self.some(a), (self.other.pk if b % 2 else None)
        expected = {("pipeline.lead", lead, "owner"): owner for lead in chosen}
        self.run(lambda: assignment.assign_leads(leads=chosen, owner=owner, by=self.user), expected)

    def do_set_tags(self, a: int, b: int, c: int) -> None:
        chosen, add, remove = self.some(a), self.pick(Tag, b), self.pick(Tag, c)
        if chosen and add and remove:
            self.run(
                lambda: sets.set_tags(
                    leads=chosen, add=[add], remove=[remove] if remove != add else [], by=self.user
                )
            )

    def do_m2m(self, a: int, b: int, c: int) -> None:
        lead, tag = self.pick(Lead, a), self.pick(Tag, b)
        if lead is None or tag is None:
            return
        held = Lead.objects.get(pk=lead)
        deeds = [
            lambda: held.tags.add(tag),
            lambda: held.tags.remove(tag),
            lambda: held.tags.set([tag]),
            held.tags.clear,
            lambda: Tag.objects.get(pk=tag).leads.add(lead),
            lambda: held.followers.set([self.other.pk]),
        ]
        self.run(deeds[c % len(deeds)])

    def do_archive(self, a: int, b: int, c: int) -> None:
        deed = leads.archive_leads if b % 2 else leads.unarchive_leads
        self.run(lambda: deed(leads=self.some(a), by=self.user))

    def do_tick(self, a: int, b: int, c: int) -> None:
        lead = self.pick(Lead, a)
        if lead is not None:
            self.run(
                lambda: moves.tick_criterion(
                    lead=lead, stage=self.stages[b % 2], met=bool(c % 2), by=self.user
                )
            )

    def do_apart(self, a: int, b: int, c: int) -> None:
        chosen = self.some(a)
        if len(chosen) > 1:
            deed = distinct.tell_apart if b % 3 else distinct.take_together
            self.run(lambda: deed(model=DistinctLeads, ids=chosen, by=self.user))

    def do_person(self, a: int, b: int, c: int) -> None:
        lead, contact = self.pick(Lead, a), self.pick(Contact, b)
        if lead is not None and contact is not None:
            self.run(
                lambda: people.put_contact(
                    lead=lead,
                    contact=contact,
                    role=["", "user"][c % 2],
                    is_main=False,
                    by=self.user,
                )
            )

    def do_plan(self, a: int, b: int, c: int) -> None:
        lead = self.pick(Lead, a)
        if lead is not None:
            due = timezone.localdate() + timezone.timedelta(days=b % 9 - 4)
            self.run(
                lambda: activities.plan_activity(
                    type=self.kind.pk, due_on=due, lead=lead, by=self.user
                )
            )

    def do_complete(self, a: int, b: int, c: int) -> None:
        activity = self.pick(Activity, a)
        if activity is not None:
            deed = activities.complete_activity if b % 3 else activities.reopen_activity
            self.run(lambda: deed(activity=activity, by=self.user))

    def do_note(self, a: int, b: int, c: int) -> None:
        lead, note = self.pick(Lead, a), self.pick(Note, b)
        body = f"Said {c}"
        if note is not None and c % 2:
            self.run(lambda: notes.update_note(note=note, body=body, by=self.user))
        elif lead is not None:
            self.run(lambda: notes.write_note(lead=lead, body=body, by=self.user))

    def do_file(self, a: int, b: int, c: int) -> None:
        lead, file = self.pick(Lead, a), self.pick(File, b)
        if file is not None and c % 3 == 0:
            self.run(lambda: files.delete_file(file=file, by=self.user))
        elif lead is not None:
            offer = SimpleUploadedFile(f"offer {c}.txt", b"An offer.")
            self.run(lambda: files.add_files(files=[offer], lead=lead, by=self.user))

    def do_stage(self, a: int, b: int, c: int) -> None:
        stage = Stage.objects.get(pk=self.stages[a % 4])
        stage.probability = b % 101
        self.run(stage.save, {("pipeline.stage", stage.pk, "probability"): b % 101})

    def do_delete(self, a: int, b: int, c: int) -> None:
        model = [Lead, Company, Tag, Contact, Activity, Note, File][b % 7]
        key = self.pick(model, a)
        if key is not None:
            expected = {(model._meta.label_lower, key, EXISTS): None}
            self.run(lambda: model.objects.filter(pk=key).delete(), expected)

    def do_delete_leads(self, a: int, b: int, c: int) -> None:
        self.run(lambda: leads.delete_leads(leads=self.some(a), by=self.user))

    def do_undo(self, a: int, b: int, c: int) -> None:
        if self.model.deeds:
            recent = self.model.deeds[-1 - a % min(len(self.model.deeds), 6)]
            anyone = self.model.deeds[a % len(self.model.deeds)]
            self.model.undo(recent if b % 3 else anyone)

    def do_undo_at_once(self, a: int, b: int, c: int) -> None:
        """Undoing the newest deed leaves every table as it was before it, derived rows too."""
        before, was = self.model.now, derived()
        count = len(self.model.deeds)
        self.step(DEEDS[a % len(DEEDS)], b, c, a)
        if len(self.model.deeds) == count + 1 and not self.model.deeds[-1].is_undo:
            self.model.undo(self.model.deeds[-1])
            assert strict(dump()) == strict(before)
            assert derived() == was

    def check(self) -> None:
        assert strict(dump()) == strict(self.model.now)
        assert [str(found) for found in check_chain()] == []
        assert list(examining.look_at_leads()) == []
        assert totals.differences() == []

    def check_past(self) -> None:
        """Each past step reads as it was dumped."""
        for moment, was in self.model.moments:
            records = {key[:2] for key in was} | {key[:2] for key in self.model.now}
            for label, record_id in records:
                model = apps.get_model(label)
                state = state_at(model, record_id, moment)
                assert (state is not None) == ((label, record_id, EXISTS) in was)
                if state is not None:
                    assert codes_of_state(model, state) == {
                        key[2]: value
                        for key, value in was.items()
                        if key[:2] == (label, record_id) and key[2] != EXISTS
                    }


def codes_of_state(model: Any, state: dict[str, Any]) -> dict[str, Any]:
    schema = schema_of(model)
    codes: dict[str, Any] = {}
    for name, value in state.items():
        if name == schema.custom:
            codes |= {f"{name}.{key}": item for key, item in value.items()}
        elif name not in schema.by_name:
            codes |= {f"{name}:{member}": True for member in value}
        elif value not in (None, ""):
            codes[name] = schema.by_name[name].encode(value)
    return codes


DEEDS = sorted(
    name.removeprefix("do_")
    for name in vars(World)
    if name.startswith("do_") and not name.startswith("do_undo")
)
numbers = st.integers(0, 1000)
steps = st.lists(
    st.tuples(
        st.sampled_from([*DEEDS, "undo", "undo", "undo", "undo_at_once", "create", "move"]),
        numbers,
        numbers,
        numbers,
    ),
    min_size=20 if THOROUGH else 10,
    max_size=40 if THOROUGH else 25,
)


class Rollback(Exception):
    """Takes an example back."""


@pytest.mark.django_db
@settings(
    max_examples=400 if THOROUGH else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps)
def test_the_database_equals_the_model(chosen: list[tuple[str, int, int, int]]) -> None:
    try:
        with transaction.atomic():
            world = World()
            for deed in ("company", "tag", "tag", "contact", "create", "create"):
                world.step(deed, 1, 1, 1)
            for deed in chosen:
                world.step(*deed)
                world.check()
            world.check_past()
            raise Rollback
    except Rollback:
        pass


def test_every_tracked_table_of_leads_is_watched() -> None:
    """A record type that hangs on leads belongs into the model."""
    hanging = {
        model
        for model in tracked_models()
        if any(field.related_model is Lead for field in model._meta.concrete_fields)
    }
    assert hanging <= set(WATCHED)
