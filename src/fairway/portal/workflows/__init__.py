"""Workflows: nodes that run one after the other, and the claim, ack, log and status routes of their node runs."""
