"""Delivery of rendered runs to what does the work: one backend for each invocation method (contract 6.6, 7.5)."""
