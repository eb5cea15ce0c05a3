"""What several operators mean together: a rule each, in the order in which they are tried.

``pipeline`` looks here before it takes an operator for itself; the tests hold each rule against
its example and its look-alike, and ``docs/import.md`` lists them.
"""

from archviz.importers.fold.rules.activations import ACTIVATIONS
from archviz.importers.fold.rules.maps import MAPS
from archviz.importers.fold.rules.norms import NORMS
from archviz.importers.fold.rules.rule import Rule
from archviz.importers.fold.rules.sequences import SEQUENCES
from archviz.importers.fold.rules.windows import WINDOWS

RULES: tuple[Rule, ...] = (*NORMS, *ACTIVATIONS, *MAPS, *WINDOWS, *SEQUENCES)
"""All rules, in the order of the manual."""
