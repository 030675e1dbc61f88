"""The mapping of an installation: parsed, compiled, applied to raw items (contract section 6)."""
