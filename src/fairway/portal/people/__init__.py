"""People: users, teams and service accounts, over the ``_user`` and ``_team`` entities of the catalog."""
