"""Who owns what: claims of repositories on entities, what they applied, and what happens when they end."""
