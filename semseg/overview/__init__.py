"""What people look at before they decide: jobs, endpoints, the fields of a form, the data in a folder.

The command line and the console show the same, and have it from here.

- ``jobs.py``: a row for each training job; all that is known of one
- ``endpoints.py``: a row for each endpoint
- ``hyperparameter_fields.py``: the hyperparameters as fields of a form: groups, kinds, ranges, notes
- ``data_folder.py``: what people give as their data becomes the channels of a job
- ``training_form.py``: what a person fills in to start a training job
- ``snippets.py``: a training job as text to copy
- ``deployment.py``: an endpoint, and the questions to it, as text to copy
"""
