"""GITHUB: workflows dispatched, found, and followed to their end."""
