"""What a network is: its tree of layers, their kinds, shapes, parameters and depth."""
