"""GITLAB: pipelines started by the portal itself, and followed to their end."""
