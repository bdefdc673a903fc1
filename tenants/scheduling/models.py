"""Schedules and bookable numbers of one hospital."""
