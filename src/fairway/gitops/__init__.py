"""Repositories as the source of truth: spec files, who owns what, forges, and the synchronisation between them."""
