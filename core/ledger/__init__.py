"""The ledger: each change of a tracked record with its cause; read, followed and undone."""
