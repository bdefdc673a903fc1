"""Tenancy: the only door into a hospital."""
