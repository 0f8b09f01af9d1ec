"""The broker of the embedded run: kombu's filesystem transport, made safe to share and to kill.

kombu writes a message where its readers already look and moves a read one to the system's temporary
folder. Here a message appears whole (written aside, then renamed), is claimed by a rename inside
one file system, and its file stays until it is acknowledged; `restore_claimed` puts back what a
killed worker had in hand.
"""

import time
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.transport.virtual import QoS as VirtualQoS
from kombu.utils.json import dumps, loads


class QoS(VirtualQoS):
    """Lets go of a message's file when the message is acknowledged or refused."""

    channel: "Channel"

    def ack(self, delivery_tag: str) -> None:
        """Done with it."""
        super().ack(delivery_tag)
        self.channel.release(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Not wanted; with `requeue` a copy stands in the queue before the claimed file goes."""
        super().reject(delivery_tag, requeue=requeue)
        self.channel.release(delivery_tag)


class Channel(filesystem.Channel):
    """Messages are files named `<time>_<delivery tag>.<queue>.msg`, so that they sort by age."""

    QoS = QoS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._claimed: dict[str, Path] = {}

    @property
    def _claims(self) -> Path:
        return Path(self.processed_folder)

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        tag = payload["properties"]["delivery_tag"]
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020d}_{tag}.{queue}.msg"
        aside = folder / f".{name}"
        aside.write_text(dumps(payload), "utf-8")
        aside.rename(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        ending = f".{queue}.msg"
        waiting = (
            path for path in Path(self.data_folder_in).iterdir() if _is_message(path, ending)
        )
        for path in sorted(waiting):
            claim = self._claims / path.name
            try:
                path.rename(claim)
            except FileNotFoundError:
                continue  # another reader was faster
            payload = loads(claim.read_text("utf-8"))
            self._claimed[payload["properties"]["delivery_tag"]] = claim
            return payload
        raise Empty

    def _restore(self, message: Any) -> None:
        super()._restore(message)
        self.release(message.delivery_tag)

    def release(self, delivery_tag: str) -> None:
        """Remove the file behind a message that is dealt with."""
        claim = self._claimed.pop(delivery_tag, None)
        if claim is not None:
            claim.unlink(missing_ok=True)


class Transport(filesystem.Transport):
    """What `CELERY_BROKER_TRANSPORT` names."""

    Channel = Channel


def restore_claimed(options: dict[str, Any]) -> int:
    """Put back what no worker has in hand any more; returns how many messages.

    Call it only while no worker runs on these folders: it takes every claimed message.
    """
    back = Path(options["data_folder_in"])
    claims = sorted(Path(options["processed_folder"]).glob("*.msg"))
    for claim in claims:
        claim.rename(back / claim.name)
    for aside in back.glob(".*.msg"):
        aside.unlink()
    return len(claims)


def _is_message(path: Path, ending: str) -> bool:
    return path.name.endswith(ending) and not path.name.startswith(".")
