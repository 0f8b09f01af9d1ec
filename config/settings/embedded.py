"""Where the embedded run keeps its files, and its broker made of folders."""

import hashlib
import os
import secrets
from pathlib import Path

VAR = Path(os.environ.get("RELANCE_VAR") or Path(__file__).resolve().parent.parent.parent / "var")


def secret_key() -> str:
    """A key of this installation's own, made once and kept beside the data."""
    VAR.mkdir(parents=True, exist_ok=True)
    path = VAR / "secret_key"
    if not path.exists():
        # Written aside and linked: of two processes that start together, the first one's key holds.
        aside = VAR / f"secret_key.{os.getpid()}"
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(50))
        try:
            path.hardlink_to(aside)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text().strip()


def folder(name: str) -> str:
    """A folder below VAR, made when it is missing."""
    path = VAR / name
    path.mkdir(parents=True, exist_ok=True)
    return str(path)


def broker_options(database_url: str) -> dict[str, str | float]:
    """Options of `core.broker`: folders that belong to one database, so that no worker
    gets a message that speaks of another one's records."""
    name = hashlib.sha256(database_url.encode()).hexdigest()[:12]
    queue = folder(f"broker/{name}/queue")
    return {
        "data_folder_in": queue,
        "data_folder_out": queue,
        "processed_folder": folder(f"broker/{name}/claimed"),
        "control_folder": folder(f"broker/{name}/control"),
        "polling_interval": 0.1,
    }
