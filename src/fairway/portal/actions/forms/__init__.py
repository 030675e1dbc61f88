"""Forms of self-service actions: resolved, checked and completed by the server (contract 6.3, 6.4)."""
