"""What the tests of imports in the browser share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def import_folder(settings: Any, tmp_path: Path) -> Path:
    """Where uploaded files lie during a test."""
    folder = tmp_path / "imports"
    settings.IMPORT_FOLDER = str(folder)
    return folder
