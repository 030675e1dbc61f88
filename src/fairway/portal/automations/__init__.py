"""Automations: events of the catalog, of runs and of timers that start runs (contract 6.5)."""
