"""Scorecards: rules and levels, results on entities, and why a rule passes or not."""
