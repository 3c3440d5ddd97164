"""Plans a job that was given a time budget and little else: pure functions of what was seen and measured.

- ``recipes.py``: the rules of a plan, as data: sizes, batches, optimizers, how many epochs are wanted.
- ``data_facts.py``: what a plan knows of the data; ``costs.py``: what it knows of the machine.
- ``plan.py``: the plan itself: a value for each hyperparameter that was not given.
"""
