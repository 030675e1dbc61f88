"""The portal as the agent sees it: claims, leases, reports; in the plain dialect or with our additions."""
