"""The demo organisation: a small company's catalog, made through the public API alone."""

from fairway.demo.fill import fill

__all__ = ["fill"]
