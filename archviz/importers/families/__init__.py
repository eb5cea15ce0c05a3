"""Language models from their facts: the wiring comes from the family, not from the file."""
