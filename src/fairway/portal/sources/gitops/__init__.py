"""GitOps sources: repositories whose spec files define entities, synchronised by the portal itself."""
