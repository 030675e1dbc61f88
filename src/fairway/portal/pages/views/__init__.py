"""Saved views of pages: personal, of a team, or shared with everyone who may read the page."""
