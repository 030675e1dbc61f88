"""Who may see, run and approve an action (contract 6.8)."""
