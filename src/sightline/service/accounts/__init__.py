"""Accounts: who is asking, what they may do, and what is kept of it."""
