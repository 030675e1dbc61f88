"""The catalog over a portal's public API."""
