"""Importers: a real model becomes a spec.

::

    file ─read/─▶ OpGraph ─fold/─▶ LayerGraph ─compact/─▶ Outline ─spec/─▶ YAML
                (operators)        (layers)               (modules, repeats, towers)

``sources`` finds the reader of a file, and ``graphs`` has the two graphs. The YAML then takes the
one way that every spec takes; ``unroll`` writes its network out as layers again, and ``prove``
compares them with the layer graph. ``imported`` runs it all, and says what came out.
"""
