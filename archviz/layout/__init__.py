"""Layout: from a network and its analysis to a scene."""
