"""What probes ask: is the process up, and may it be given work?"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import readiness


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and its schema is that of this code, else 503.

    A broker that is away is told but keeps 200: pages work without it and changes wait in the
    database, so taking every web process out of service would make an outage of a delay.
    """
    database, migrations = readiness.database_state()
    ready = database == "ok" and migrations == "ok"
    body = {"database": database, "migrations": migrations, "broker": readiness.broker_state()}
    return JsonResponse(body, status=200 if ready else 503)
