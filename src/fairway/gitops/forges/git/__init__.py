"""Plain git: repositories without a forge's API, in place here or over HTTPS and SSH. Contract section 4.5."""
