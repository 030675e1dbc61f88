"""Inbound webhooks: definitions, intake, mapping and preview (contract 9)."""
