"""Access: principals, credentials, tokens, sessions, single sign-on, and permission decisions with their reasons."""
