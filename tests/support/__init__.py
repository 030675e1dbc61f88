"""What suites share: the reference of the API, clients that check every answer, and running portals."""
