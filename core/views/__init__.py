"""Pages about the ledger."""
