"""What others did meanwhile is told apart from what is wrong with the request."""

import pytest
from django.db import IntegrityError, connection, transaction

from core.ledger.locking import is_contention
from crm.models import Tag
from pipeline.models import LeadTag
from tests.factories import arranging, make_lead, make_tag, make_user

pytestmark = pytest.mark.django_db


def test_a_record_that_was_deleted_before_the_commit_is_somebody_elses_doing() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: nobody deletes a record meanwhile.")
    lead = make_lead(by=make_user(role="manager"))
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), arranging():
        LeadTag.objects.bulk_create([LeadTag(lead_id=lead.pk, tag_id=987_654)])
        connection.check_constraints()
    assert is_contention(caught.value)


def test_a_name_that_is_taken_is_not() -> None:
    tag = make_tag("Fair")
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), arranging():
        Tag.objects.create(name=tag.name)
    assert not is_contention(caught.value)
