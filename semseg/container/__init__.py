"""The commands that SageMaker runs in a container, and what only they need.

- ``train.py``, ``serve.py``, ``export.py``, ``evaluate.py``, ``predict.py``: the commands; ``run_engine.py``: the
  command of an engine process; ``command.py``: what those have in common that do one piece of work on a model.
- ``find_rate.py``: the command that tries learning rates for a training job.
- ``engine_answers.py``: the masks that an engine computes for them; ``model_samples.py``: the labelled pictures that
  they read; ``progress_file.py``: how far they are.
- ``starter.py``: starts the processes that train a job together; ``place.py``: which of them one is.
- ``agreement.py``: refuses processes that were given different jobs; ``failure.py``: why a training job failed.
- ``engines.py``: opens engines, the one file that imports them all; ``loading.py``: loads the model to serve.
- ``configuration.py``: the configuration files of a container; ``job.py``: what a training job finds in its folder.
- ``splits.py``: the training and validation data; ``s3_pictures.py``: pictures read from S3 on demand.
- ``data_check.py``: checks all data before training, and writes the report of it; ``class_check.py``: judges data that
  is read during training; ``stream_report.py``: tells of bad samples in a stream.
- ``picture_rule.py``: how all parts of a job read pictures; ``readers.py``: who reads samples, threads or processes;
  ``kept.py``: the memory that keeps decoded ones.
- ``observers.py``: who is told what happens; ``job_report.py``: the report of a training job.
- ``checked_job.py``: a training job whose data is checked, for the commands that train; ``training_run.py``: trains it
  until its model directory is complete.
- ``time_plan.py``: plans a job that has a time budget.
- ``job_batches.py``: the batches of a job; ``sample_count.py``: how many training samples there are;
  ``class_weights.py``: what their classes weigh in the loss.
- ``memory_plan.py``: the batch that has room in memory, and in how many parts it is computed; ``memory_trial.py``: the
  steps that are made to measure that.
"""
