"""What authors of integrations test with (contract section 17)."""
