"""Accounts: sign-in only, nothing clinical."""
