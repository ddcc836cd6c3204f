"""Routes of accounts: signing in, users, keys, groups, shares, quotas, the audit."""
