"""Measurements of the budgets in docs/performance.md: each beside its peer or physical limit, in the same run."""
