"""Models in their own terms: operators, shapes, and which tensor is a weight."""
