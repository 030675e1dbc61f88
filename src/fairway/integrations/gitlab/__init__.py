"""GitLab, hosted anywhere: projects, groups, people and what happens in projects."""
