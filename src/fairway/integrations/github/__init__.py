"""GitHub and GitHub Enterprise Server: organizations, repositories and what happens in them."""
