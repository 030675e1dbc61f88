"""Settings of an integration's process: environment, ``.env`` and ``config.yaml`` (contract section 3)."""
