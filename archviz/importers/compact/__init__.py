"""From layers to an outline: modules, parameters, repeats, names."""
