"""The shapes and names of SageMaker's requests, and the refusals of what semseg does nowhere or not on this machine.

- ``shapes.py``: parts that many requests share; ``allowed_values.py``: the check of a parameter with a few values.
- ``arguments.py``: checks of arguments in the wrong place or of the wrong type.
- ``side.py``: what a session's side offers, be it this machine or SageMaker; ``lists.py``: what it lists.
- ``names.py``: the names of jobs and endpoints; ``sdk_v1_names.py``: parameter names of the SDK v1.
- ``algorithm_image.py``: the image of the built-in algorithm in each region.
- ``distribution.py``: how many machines may train a job, and the SDK's argument for it.
- ``shown.py``: the reprs of what people hold.
- ``refusals.py``: refuses parameters everywhere; ``local_refusals.py``: refuses those that this machine cannot honour.
"""
