"""Conventions every API view keeps."""
