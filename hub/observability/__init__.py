"""Logs that carry no personal data, metrics, health."""
