"""The bases of the API's views: one way of authenticating, causing, paging and answering."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from core.api.fields import RecordSerializer, parsed, shared
from core.api.filtering import StrictFilterBackend, refuse_unknown
from core.api.idempotency import answer_once
from core.api.paging import KeysetPagination
from core.api.parsing import BodyParser
from core.api.preconditions import expected_version, is_unchanged, tag_of
from core.api.schema import ApiSchema
from core.errors import NotFound
from core.ledger.causes import because
from core.ledger.tables import Kind
from core.ledger.writing import lock
from core.models import ApiToken

#: What `read_values` gives: field names and Python values.
Values = dict[str, Any]


class ApiView(GenericViewSet[Any]):
    """The base of every view of the API.

    A writing request with a token runs in a cause of the kind `api_key` that names the token; one
    with a session in the person's, which the middleware opens. A parameter of the address that the
    view does not know (`parameters`, those of its list) is refused.
    """

    schema = ApiSchema()
    metadata_class = None
    parser_classes = [BodyParser]
    filter_backends = [StrictFilterBackend]
    pagination_class: Any = KeysetPagination
    parameters: Sequence[str] = ()
    #: Actions that take the filters of the list.
    filtered_actions: Sequence[str] = ("list",)
    basename: str = ""

    @property
    def person(self) -> Any:
        """Who asks: the user of the session, or the owner of the token."""
        return self.request.user

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As in REST framework, with the handler inside its cause and done once per key."""
        self.args, self.kwargs = args, kwargs
        wrapped = self.initialize_request(request, *args, **kwargs)
        self.request = wrapped
        self.headers = self.default_response_headers
        with ExitStack() as opened:
            try:
                self.initial(wrapped, *args, **kwargs)
                self.open_cause(wrapped, opened)
                response = answer_once(wrapped, partial(self.handler(wrapped), wrapped, **kwargs))
            except Exception as error:
                response = self.handle_exception(error)
        self.response = self.finalize_response(wrapped, response, *args, **kwargs)
        return self.response

    def handler(self, request: Request) -> Callable[..., Response]:
        """The method that answers."""
        name = (request.method or "").lower()
        if name not in self.http_method_names:
            return self.http_method_not_allowed
        found: Callable[..., Response] = getattr(self, name, self.http_method_not_allowed)
        return found

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the request in, and see that its address says nothing unknown."""
        super().initial(request, *args, **kwargs)
        known = set(self.parameters)
        if self.action in self.filtered_actions:
            filters = getattr(self, "filterset_class", None)
            known |= filters.parameters() if filters else set()
        if self.action == "list" and self.pagination_class is not None:
            known |= set(KeysetPagination.parameters)
        refuse_unknown(request, frozenset(known))

    def open_cause(self, request: Request, opened: ExitStack) -> None:
        """Say why this request writes, and speak in the time zone of a token's owner."""
        token = request.auth
        if not isinstance(token, ApiToken):
            return
        opened.enter_context(timezone.override(token.owner.time_zone))
        if request.method not in ("GET", "HEAD"):
            opened.enter_context(
                because(Kind.API_KEY, by=token.owner, label=token.name, reference=token.hint)
            )

    @contextmanager
    def held(self, records: QuerySet[Any]) -> Iterator[None]:
        """Hold rows, at the version that `If-Match` demands, while a service works.

        For services that are not told a version; without the header there is nothing to hold.
        """
        if not self.request.headers.get("If-Match"):
            yield
            return
        with transaction.atomic():
            for record in lock(records):
                expected_version(self.request, record.version)
            yield

    def read(self, serializer_class: Any, *, partial: bool = False) -> Values:
        """The values of the body as `serializer_class` parses it; ValidationError otherwise."""
        return dict(parsed(serializer_class, self.request.data, partial=partial))


class RecordsView(ApiView):
    """A resource: its records as lists and one by one. Subclasses add what can be done to them.

    `model` names the record, `serializer_class` presents it; `filterset_class`, `ordering_fields`
    and `ordering` shape its list.
    """

    model: Any
    serializer_class: type[RecordSerializer]
    ordering_fields: Sequence[str] = ("id",)
    ordering = "-id"

    def get_queryset(self) -> QuerySet[Any]:
        """What the person may see, with what its presentation needs."""
        return self.with_relations(self.visible())

    def visible(self) -> QuerySet[Any]:
        """What the person may see; configuration is seen by everyone who is let in."""
        records = self.model._default_manager.all()
        if hasattr(records, "visible_to"):
            records = records.visible_to(self.person)
        return records  # type: ignore[no-any-return]

    def with_relations(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The records with all that their presentation reads."""
        return records.for_list() if hasattr(records, "for_list") else records  # type: ignore[no-any-return]

    def represent(self, records: Sequence[Any]) -> list[dict[str, Any]]:
        """The records as JSON objects."""
        reader = shared(self.serializer_class)
        return [reader.to_representation(record) for record in records]

    def list(self, request: Request) -> Response:
        """A page of the records in sight, by the filters given."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.represent(page or []))

    def retrieve(self, request: Request, pk: Any) -> Response:
        """One record; 304 when `If-None-Match` says that it is known."""
        return self.shown(self.find(pk))

    def find(self, pk: Any) -> Any:
        """The record of an id in sight; NotFound otherwise."""
        record = self.get_queryset().filter(pk=pk).first()
        if record is None:
            raise NotFound(_("There is no such record."))
        return record

    def shown(self, record: Any, status: int = HTTPStatus.OK) -> Response:
        """The answer that presents a record, with its tag."""
        data = self.represent([record])[0]
        version = getattr(record, "version", None)
        if version is None:
            return Response(data, status=status)
        tag = tag_of(version, JSONRenderer().render(data))
        if self.request.method in ("GET", "HEAD") and is_unchanged(self.request, tag):
            return Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
        return Response(data, status=status, headers={"ETag": tag})

    def answered(self, record: Any, status: int = HTTPStatus.OK) -> Response:
        """The answer after a service wrote `record`: read again as it stands now.

        Also when the person has just put it out of their own sight, by giving it away.
        """
        fresh = self.with_relations(self.model._default_manager.filter(pk=record.pk)).get()
        response = self.shown(fresh, status)
        if status == HTTPStatus.CREATED:
            path = reverse(f"{self.basename}-detail", args=[record.pk])
            response["Location"] = self.request.build_absolute_uri(path)
        return response

    def created(self, record: Any) -> Response:
        """The answer after a service made `record`."""
        return self.answered(record, HTTPStatus.CREATED)

    def expected(self, pk: Any) -> int | None:
        """The version that `If-Match` demands of the record, for the service to check."""
        header = self.request.headers.get("If-Match", "")
        if "," not in header:
            return expected_version(self.request)
        return expected_version(self.request, self.find(pk).version)

    @contextmanager
    def unchanged(self, pk: Any) -> Iterator[None]:
        """Hold the record while a service works; see `held`."""
        with self.held(self.visible().filter(pk=pk)):
            yield

    def values(self, *, partial: bool = False) -> Values:
        """The record's values in the body."""
        return self.read(self.serializer_class, partial=partial)


class SubresourceView(ApiView):
    """A sub-route below a record: `self.parent(pk)` is the record, in sight or NotFound."""

    parent_model: Any
    #: The route below the record; given where it is registered.
    subroute = ""

    def parents(self) -> QuerySet[Any]:
        """The records that the person may see."""
        return self.parent_model._default_manager.visible_to(self.person)  # type: ignore[no-any-return]

    def parent(self, pk: int) -> Any:
        """The record that the route hangs below."""
        record = self.parents().filter(pk=pk).first()
        if record is None:
            raise NotFound(_("There is no such record."))
        return record

    @contextmanager
    def unchanged_parent(self, pk: int) -> Iterator[None]:
        """Hold the record that the route hangs below; see `held`."""
        with self.held(self.parents().filter(pk=pk)):
            yield
