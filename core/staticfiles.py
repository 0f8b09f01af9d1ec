"""How the front end's files are served in production: named by their content, compressed."""

from whitenoise.storage import (  # type: ignore[import-untyped]
    CompressedManifestStaticFilesStorage,
)


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also rewrites what JavaScript modules import from each other: each is loaded once."""

    support_js_module_import_aggregation = True
