"""Departments, doctors and code mappings of one hospital."""
