"""Where the embedded run keeps its files, and its broker made of folders."""

import os
import secrets
from pathlib import Path

VAR = Path(os.environ.get("RELANCE_VAR") or Path(__file__).resolve().parent.parent.parent / "var")


def secret_key() -> str:
    """A key of this installation's own, made once and kept beside the data."""
    VAR.mkdir(parents=True, exist_ok=True)
    path = VAR / "secret_key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


def broker_options() -> dict[str, str]:
    """Folders for kombu's filesystem transport."""
    queue, control = VAR / "broker" / "queue", VAR / "broker" / "control"
    for folder in (queue, control):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(queue),
        "data_folder_out": str(queue),
        "control_folder": str(control),
    }
