"""The engine on PyTorch: trains and serves."""
