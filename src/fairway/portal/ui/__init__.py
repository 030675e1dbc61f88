"""Serves the web interface that ``make setup`` builds into this folder."""
