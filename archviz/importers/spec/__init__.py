"""From an outline to the text of a spec."""
