"""From layers to an outline: modules, parameters, repeats, names.

``pipeline`` runs the steps. ``prepare`` and ``several_inputs`` give the graph one start and one
end; ``series_parallel`` decomposes it into a ``tree`` of chains and paths (free wiring by
``regions`` and ``cell_chains``); ``structure`` tells which parts are alike; ``modules`` and
``linear_modules`` choose those that become modules; ``outline_builder`` makes the ``outline``,
with ``parameters``, ``names`` and ``repeats``.
"""
