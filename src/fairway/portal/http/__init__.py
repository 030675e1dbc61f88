"""HTTP plumbing that every feature's endpoints share."""

from fairway.portal.http.answers import answer, created, ok
from fairway.portal.http.requests import CallerDep, flag, json_object, query_list
from fairway.portal.http.routing import api_router

__all__ = ["CallerDep", "answer", "api_router", "created", "flag", "json_object", "ok", "query_list"]
