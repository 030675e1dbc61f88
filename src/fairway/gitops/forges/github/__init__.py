"""GitHub and GitHub Enterprise Server. Section 4.2 of the contract."""

from fairway.gitops.forges.github.client import GitHub

__all__ = ["GitHub"]
