"""Bitbucket Server and Data Center: projects, repositories, pull requests and users."""
