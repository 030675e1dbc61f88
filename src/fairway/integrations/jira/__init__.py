"""Projects, issues, people, boards and releases of Jira, Cloud and Data Center."""
