"""Bitbucket Server and Data Center. Section 4.1 of the contract."""

from fairway.gitops.forges.bitbucket_server.client import BitbucketServer

__all__ = ["BitbucketServer"]
