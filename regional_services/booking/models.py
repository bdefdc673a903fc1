"""The one owner of a booking."""
