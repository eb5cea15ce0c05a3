"""From YAML to a network: the spec, read with the place of every word, and expanded."""
