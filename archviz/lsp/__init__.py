"""A language server: problems, completion, numbers and definitions for editors."""
