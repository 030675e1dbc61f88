"""Tests of this integration."""
