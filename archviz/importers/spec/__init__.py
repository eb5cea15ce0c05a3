"""From an outline to the text of a spec: ``layer_text`` its layers, ``spec_text`` all else."""
