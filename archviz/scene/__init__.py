"""The picture as plain data, and what it is made with: text, measures, themes."""
