"""Alembic revisions of the portal's schema, one file each under ``versions``."""
