"""The live stream of events to browsers and programs."""
