"""What must hold of pipelines and stages, whoever changes them; making and deleting pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import Refused
from core.services.configuration import create_record, register_checks
from crm.models import CustomField
from crm.services.checks import check_colour, check_currency
from crm.services.rights import locked_for_change, require_manager
from pipeline.models import Lead, Pipeline, Stage

if TYPE_CHECKING:
    from crm.models import User

#: Lead fields that a stage may ask for. The title is always there.
ASKABLE = (
    "description",
    "company",
    "contact_name",
    "company_name",
    "email",
    "phone",
    "owner",
    "team",
    "product",
    "expected_revenue",
    "recurring_revenue",
    "expected_close",
    "forecast_category",
    "source",
    "medium",
    "campaign",
    "budget_confirmed",
    "budget_amount",
    "decision_maker_known",
    "timeframe",
    "pain",
    "company_fit",
    "tags",
)


def register() -> None:
    """Have the checks of this file made by every door."""
    register_checks("pipeline.stage", saving=check_stage, deleting=check_last_open)
    register_checks("pipeline.pipeline", saving=check_pipeline)
    register_checks("crm.customfield", saving=check_in_use, deleting=check_not_asked)


def asking_stages(field: CustomField) -> list[Stage]:
    """The stages that ask for a custom field of leads."""
    if field.subject != CustomField.Subject.LEAD:
        return []
    name = f"custom.{field.key}"
    return [stage for stage in Stage.objects.in_order() if name in stage.required_fields]


def check_not_asked(field: CustomField) -> None:
    """Refuse to delete a field that a stage asks for: no lead could enter the stage."""
    stages = asking_stages(field)
    if stages:
        raise Refused(
            _("The stage “%(stage)s” asks for it. Take it off there first.")
            % {"stage": stages[0].name}
        )


def check_in_use(field: CustomField) -> None:
    """Refuse to put a field out of use that a stage asks for."""
    if not field.is_active and field.pk is not None:
        check_not_asked(field)


def askable_fields() -> dict[str, str]:
    """The names of what a stage may ask for, with their labels; custom fields as `custom.<key>`."""
    fields = {name: Lead._meta.get_field(name) for name in ASKABLE}
    labels = {name: capfirst(str(field.verbose_name)) for name, field in fields.items()}  # type: ignore[union-attr]
    custom = CustomField.objects.filter(subject=CustomField.Subject.LEAD, is_active=True)
    return labels | {f"custom.{field.key}": field.label for field in custom}


def check_pipeline(pipeline: Pipeline) -> None:
    """Refuse a currency that is none, and to put the last one out of use."""
    if pipeline.currency:
        check_currency(pipeline.currency)
    others = Pipeline.objects.active().exclude(pk=pipeline.pk)
    if not pipeline.is_active and not others.exists():
        message = _("This is the last pipeline: make another one first.")
        raise Refused(message, {"is_active": [message]})


def check_stage(stage: Stage) -> None:
    """Refuse a stage that asks for unknown fields, or a change that its leads do not allow."""
    check_colour(stage.colour)
    known = askable_fields()
    asked = stage.required_fields if isinstance(stage.required_fields, list) else [""]
    unknown = [str(name) for name in asked if name not in known]
    if unknown:
        message = _("A stage cannot ask for: %(fields)s.") % {"fields": ", ".join(unknown)}
        raise Refused(message, {"required_fields": [message]})
    if stage.pk is None:
        return
    before = Stage.objects.filter(pk=stage.pk).values("kind", "is_active", "pipeline_id").first()
    if before is None:
        return
    moved = before["pipeline_id"] != stage.pipeline_id
    closed = before["is_active"] and not stage.is_active
    turned = before["kind"] != stage.kind
    if not (moved or closed or turned):
        return
    leads = Lead.objects.filter(stage=stage.pk).count()
    field = "pipeline" if moved else "kind" if turned else "is_active"
    if leads:
        message = ngettext(
            "%(count)s lead stands in “%(stage)s”. Move it first.",
            "%(count)s leads stand in “%(stage)s”. Move them first.",
            leads,
        ) % {"count": leads, "stage": stage.name}
        raise Refused(message, {field: [message]})
    if before["is_active"] and before["kind"] == Stage.Kind.OPEN:
        check_last_open(stage, pipeline=before["pipeline_id"], field=field)


def check_last_open(stage: Stage, *, pipeline: int | None = None, field: str = "") -> None:
    """Refuse to take away the last open stage of a pipeline: new leads have to begin somewhere."""
    if not field and (stage.kind != Stage.Kind.OPEN or not stage.is_active):
        return
    others = (
        Stage.objects.active().filter(pipeline=pipeline or stage.pipeline_id).exclude(pk=stage.pk)
    )
    if not others.filter(kind=Stage.Kind.OPEN).exists():
        message = _("A pipeline needs at least one open stage.")
        raise Refused(message, {field: [message]} if field else None)


@transaction.atomic
def create_pipeline(
    *, values: Mapping[str, Any], by: User | None, stages: Sequence[Mapping[str, Any]] = ()
) -> Pipeline:
    """Insert a pipeline with its stages; without any, it begins with New and Won."""
    pipeline = create_record(model=Pipeline, values=values, by=by)
    if not any(stage.get("kind", Stage.Kind.OPEN) == Stage.Kind.OPEN for stage in stages):
        if stages:
            raise Refused(_("A pipeline needs at least one open stage."))
        stages = [
            {"name": _("New"), "kind": Stage.Kind.OPEN, "probability": 10},
            {"name": _("Won"), "kind": Stage.Kind.WON, "probability": 100},
        ]
    for place, stage in enumerate(stages, start=1):
        create_record(
            model=Stage, values={"sequence": place * 10, **stage, "pipeline": pipeline}, by=by
        )
    return pipeline


@transaction.atomic
def delete_pipeline(*, pipeline: int, by: User | None) -> None:
    """Delete a pipeline with its stages, once no lead is in it."""
    require_manager(by)
    record = locked_for_change(Pipeline, [pipeline], by)[0]
    refuse_pipeline_in_use(record)
    Stage.objects.filter(pipeline=record).delete()
    record.delete()


def refuse_pipeline_in_use(pipeline: Pipeline) -> None:
    """Refuse to delete a pipeline with leads in it, and the last one."""
    inside = models.Q(pipeline=pipeline) | models.Q(stage__pipeline=pipeline)
    leads = Lead.objects.filter(inside).count()
    if leads:
        raise Refused(
            ngettext(
                "%(count)s lead is in “%(pipeline)s”. Move it first.",
                "%(count)s leads are in “%(pipeline)s”. Move them first.",
                leads,
            )
            % {"count": leads, "pipeline": pipeline.name}
        )
    if not Pipeline.objects.active().exclude(pk=pipeline.pk).exists():
        raise Refused(_("This is the last pipeline: make another one first."))
