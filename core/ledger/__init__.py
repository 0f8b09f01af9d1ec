"""The ledger: every change of a tracked record, with its cause; how it is read, followed, undone."""
