"""Who may see and do what: accounts, roles, sessions, and the trail of what was done."""
