"""Plumbing without domain: errors, clock, identifiers, JSON, settings, logging, HTTP, crypto."""
