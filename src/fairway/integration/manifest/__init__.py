"""What an integration says of itself: ``.port/spec.yaml``, resources and project (contract section 2)."""
