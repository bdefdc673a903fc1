"""Institutions, campuses, switches."""
