"""Holds, bookings and registrations of one hospital."""
