"""Masks as people look at them: coloured, laid over their picture, side by side."""

from semseg.drawing.overlays import colourize, overlay, palette, side_by_side

__all__ = ["colourize", "overlay", "palette", "side_by_side"]
