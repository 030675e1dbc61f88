"""The integration framework: turns third-party systems into entities. Contract: integration-framework.md."""
