"""Operations on a whole installation: backup, export, import, checks and emergency access. Not reachable by HTTP."""
