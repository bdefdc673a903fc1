"""Backups, returns, drills and losses, for real."""
