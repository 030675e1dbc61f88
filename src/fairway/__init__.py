"""Fairway: the open, self-hosted internal developer portal."""
