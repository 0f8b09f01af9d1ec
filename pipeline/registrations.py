"""What the pipeline tells the floors below of itself."""


def register() -> None:
    """Called once, when the app is ready."""
