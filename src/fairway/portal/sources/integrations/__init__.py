"""The registry of integrations, as Ocean and the Kubernetes exporter use it (contract 8)."""
