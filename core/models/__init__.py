"""Tables of the ground floor."""

from core.ledger.links import Link
from core.ledger.tables import Cause, Change, Pending, Undo
from core.ledger.tracked import Tracked
from core.ledger.work import WorkRow
from core.models.doors import ApiToken, IdempotencyKey
from core.models.orders import UndoOrder

__all__ = [
    "ApiToken",
    "Cause",
    "Change",
    "IdempotencyKey",
    "Link",
    "Pending",
    "Tracked",
    "Undo",
    "UndoOrder",
    "WorkRow",
]
