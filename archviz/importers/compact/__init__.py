"""From layers to an outline: modules, parameters, repeats, names.

``pipeline`` runs the steps. ``prepare`` and ``several_inputs`` give the graph one start and one
end; ``code_tree`` takes the parts that the model's code has (``code_modules``) for themselves, and
``series_parallel`` decomposes each into a ``tree`` of chains and paths (free wiring by
``regions`` and ``cell_chains``); ``structure`` tells which parts are alike; ``modules`` and
``linear_modules`` choose those that become modules where the code has none; ``outline_builder``
makes the ``outline``, with ``parameters``, ``names``, words that tell variants apart
(``told_apart``) and ``repeats``.
"""
