"""Where repositories live: Bitbucket Server, GitHub, GitLab, Gitea and Forgejo, and plain git."""
