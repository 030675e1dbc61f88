"""Entities as answers show them (contract 3.5): own values, relations and everything computed, a page at a time."""
