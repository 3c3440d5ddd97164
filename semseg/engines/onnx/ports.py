"""The names of a graph's input and outputs. Needs no onnx, so that those who open a finished graph have them too."""

IMAGES, MASK, PROBABILITIES = "images", "mask", "probabilities"
