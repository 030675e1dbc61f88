"""Clusters, projects, applications and their resources of Argo CD."""
