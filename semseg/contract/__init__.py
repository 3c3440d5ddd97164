"""What a laptop and a container agree on: names, rules, file formats, log lines, addresses. Imports nothing of ours.

- ``hyperparameters.py``: the hyperparameters of a job; ``hyperparameter_table.py``: the table of them in the docs;
  ``rules.py``: what a value of one may be; ``short_names.py``: what people call them.
- ``echoed.py``: values of any length as errors show them.
- ``channels.py``: the channels of a job; ``s3_uri.py``: s3:// URIs; ``address.py``: addresses, which are
  no paths.
- ``manifest.py``: augmented manifests; ``line_findings.py``: what is wrong with their lines; ``attribute_order.py``,
  ``colour_maps.py``: what their attributes and their metadata tell.
- ``sample_order.py``: the order of an epoch's samples; ``stream_names.py``: what those of a stream are called.
- ``failure_reason.py``: which failures may pass by themselves.
- ``job_directory.py``: the paths below ``/opt/ml``; ``resource_config.py``: the content of resourceconfig.json.
- ``metric_lines.py``: the lines of the training log that others read; ``job_progress.py``: how far a job is.
- ``prediction_request.py``: what ``predict`` is asked for, and answers; ``work_progress.py``: how far it is;
  ``video_files.py``: which files are videos.
- ``tensorboard.py``: where events for TensorBoard are written, and where they go.
- ``exported_forms.py``: the names of the exported forms of a model; ``form_wish.py``: the one that a server is asked
  for.
- ``environment.py``: every environment variable; ``variable.py``: what is known of one.
- ``torchrun.py``: the variables that tell a process which one of its job it is; ``processes.py``: how
  many of them there may be.
- ``pairing.py``: which image belongs to which mask; ``unpaired.py``: those that belong to none; ``renaming.py``: what
  their names have in common; ``mixed_folder.py``: images and masks in one folder.
- ``findings.py``: what is found in the data; ``problems.py``: all problems of the data in one error;
  ``bad_samples.py``: where bad samples may be left out; ``class_weights.py``: where classes can be balanced.
- ``listening_socket.py``: the socket that an endpoint listens on; ``server_proof.py``: how its server proves itself.
- ``label_maps.py``: the keys of a label map; ``class_names.py``: the rule for the name of a class.
- ``media_types.py``: the MIME types of requests and answers; ``picture_kinds.py``: the formats of pictures, told by
  their first bytes; ``foreign_files.py``: what a file is that is no picture.
- ``png_mask.py``: masks as PNG; ``recordio.py``: probabilities as RecordIO; ``record.py``: the message in a record.
"""
