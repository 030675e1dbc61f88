"""Starts integrations: a folder of files that already works, to be changed step by step."""

from fairway.integration.scaffold.names import Names
from fairway.integration.scaffold.writer import write_integration

__all__ = ["Names", "write_integration"]
