"""Settings: `base` is production, `dev` the embedded run, `test` the tests."""
