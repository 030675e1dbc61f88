"""Gitea and Forgejo. Section 4.4 of the contract."""

from fairway.gitops.forges.gitea.client import Gitea

__all__ = ["Gitea"]
