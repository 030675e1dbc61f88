"""Blueprints, entities, relations, search, computed properties and history."""
