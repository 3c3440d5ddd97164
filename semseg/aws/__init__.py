"""Every call to AWS; boto3 and botocore are imported here alone, and only when AWS is asked something.

- ``managed_session.py``: jobs and endpoints in SageMaker; ``account.py``: what all sessions ask of an account.
- ``connection.py``: boto3's clients; ``faults.py``: AWS's errors as ours; ``waiting.py``: waits between two questions.
- ``training_jobs.py``, ``transform_jobs.py``, ``tuning_jobs.py``: the kinds of jobs; ``log_streams.py``: their logs.
- ``endpoints.py``: endpoints; ``model_packages.py``: the model registry.
- ``object_store.py``: S3; ``roles.py``: IAM roles.
"""
