"""The organisation of this portal: its name and settings, its secrets, its Kafka credentials."""
