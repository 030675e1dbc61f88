"""Change-log destinations of blueprints and integrations (contract 7.10): webhooks and Kafka."""
