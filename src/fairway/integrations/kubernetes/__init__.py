"""Kubernetes: objects of any kind that the cluster has, with live events from its watches."""
