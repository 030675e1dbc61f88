"""Where facts come from: the registry of integrations, and inbound webhooks."""
