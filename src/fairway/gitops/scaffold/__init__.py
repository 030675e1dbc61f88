"""Actions that open a pull request with an edited spec file. Section 13 of the contract."""
