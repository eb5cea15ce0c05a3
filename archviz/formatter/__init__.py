"""Specs in their canonical form, with their comments."""
