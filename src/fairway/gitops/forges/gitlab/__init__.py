"""GitLab. Section 4.3 of the contract."""

from fairway.gitops.forges.gitlab.client import GitLab

__all__ = ["GitLab"]
