"""Every call to AWS: sessions of an account, S3, IAM, and jobs and endpoints of SageMaker.

boto3 and botocore are imported here alone, and only once something is asked of AWS.

- ``account.py``: the base class of all sessions: region, default bucket, roles, and files to and from S3.
- ``connection.py``: boto3, configured; its session and clients.
- ``faults.py``: what boto3 raises becomes an error of ours, in one sentence.
- ``object_store.py``: objects in S3 listed, read, downloaded and uploaded.
- ``roles.py``: the IAM role that jobs are given.
- ``managed_session.py``: SageMaker's side of a session; ``listings.py``: lists of what there is on SageMaker.
- ``jobs.py``: what the three kinds of jobs have in common: described, waited for, stopped, deleted.
- ``training_jobs.py``, ``transform_jobs.py``, ``tuning_jobs.py``: one kind each.
- ``label_maps.py``: refuses label maps that SageMaker's algorithm does not read.
- ``log_streams.py``: a job's log in CloudWatch.
- ``endpoints.py``: models, endpoint configurations and endpoints.
- ``model_packages.py``: the model registry.
"""
