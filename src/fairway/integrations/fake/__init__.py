"""People, services and incidents of a company that does not exist, for demos and trials."""
