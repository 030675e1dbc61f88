"""Docker: what one engine has, and the swarm that it manages, with live events."""
