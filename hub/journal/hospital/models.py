"""Outbox, inbox, commands and audit of one hospital."""
