"""The training loop: samples into an engine, scores out, checkpoints kept.

- ``trainer.py``: the loop; ``batches.py``: its batches; ``good_samples.py``: the samples
  that can be used.
- ``reader_pool.py``: processes that read samples; ``reader.py``: the command of one.
- ``schedule.py``: what comes next in a job, by epochs or by its time; ``learning_rate.py``: how the rate falls;
  ``time_budget.py``: how much of a job's time is spent; ``range_test.py``: tries growing learning rates.
- ``early_stopping.py``: when a job may end early; ``stop_request.py``: when it must.
- ``start_log.py``: tells what a network begins with.
- ``validation.py``: scores the validation samples in all processes of a group;
  ``evaluation.py``: scores a network; ``full_scoring.py``: scores the best one, in all that is said of it;
  ``picture_results.py``: what is found of single pictures.
- ``copied_files.py``: files of the first process of a group, copied to the others.
- ``checkpoints.py``: the state of a job, saved and restored; ``checkpoint_state.py``: what one says of itself;
  ``checkpoint_clock.py``: when it is to be saved.
- ``observer.py``: what observers are told; ``log_observer.py``, ``job_log.py``: the training log;
  ``progress_observer.py``: the file that tells how far the job is; ``results_observer.py``: the scores of epochs, as a
  file and as curves; ``tensorboard_observer.py``, ``event_file.py``: events for TensorBoard.
- ``meters.py``: the speed and the mean loss of an epoch.
"""
