"""Importers: a real model becomes a spec.

::

    file ─read─▶ OpGraph ─fold─▶ LayerGraph ─compact─▶ Outline ─write─▶ YAML
                (operators)      (layers)              (modules, repeats, towers)

The YAML then takes the one way that every spec takes, and what it unrolls to is compared
with the layer graph.
"""
