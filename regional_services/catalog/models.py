"""Projection that serves lists over all hospitals."""
