"""Forges and other receivers as real servers on local sockets: they answer like the real ones, refusals included."""
