"""Outbox, inbox, commands and audit of the public schema."""
