"""From operators to layers.

``pipeline`` runs over the operators once, with a handler for each kind (``keras_table`` has those
of Keras' layers); ``rules`` has what several operators mean together. Handlers make or grow layer
drafts, which ``state`` has, one file a family of operators.
"""
