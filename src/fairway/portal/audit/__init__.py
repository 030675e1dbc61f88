"""The audit log, the live event stream, change-log destinations, and how long events are kept."""
