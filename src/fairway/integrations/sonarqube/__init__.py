"""Projects, issues, analyses and portfolios of SonarQube, Server and Cloud."""
