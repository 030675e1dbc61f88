"""Bringing the catalog to what repositories say: passes, pushes, applying, endings, pull requests."""
