"""The ``fairway`` command: parses arguments and calls the programs."""
