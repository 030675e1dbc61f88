"""Runs of actions: states, logs, approvals, delivery and claims (contract 7)."""
