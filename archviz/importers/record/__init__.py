"""PyTorch modules: recorded as they run, and lowered to operators."""
