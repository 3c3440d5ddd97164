"""The seam between semseg and its engines: what an engine is, and which one is taken. One folder for each engine.

- ``network.py``: what an engine must do to answer pictures; ``engine.py``: what it must do to be trained.
- ``parameter_shapes.py``: whether the parameters of a file are those of a network; ``start.py``: which of them a
  network of other classes or another decoder takes.
- ``normalization.py``: the pixel values that the backbones expect.
- ``moving_average.py``: the rule of an average of the parameters, and its place in a checkpoint.
- ``loss_terms.py``: what a loss is made of, and what its sums are divided by; ``jaccard_slopes.py``: the slopes of
  the Lovász-Softmax loss on a processor.
- ``parts.py``: in how many parts a step is computed; ``out_of_memory.py``: which errors tell of
  too little memory.
- ``group.py``: the processes that train one network together.
- ``choice.py``: chooses the engine that serves a model; ``training_choice.py``: the one that trains a job.
"""
