"""Self-service actions and automations: definitions, forms, who may run and approve them (contract 6)."""
