"""Search: rule trees, their meaning in Python and in SQL, and the endpoints that take them (contract section 4)."""
