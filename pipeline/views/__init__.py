"""Pages about what moves."""
