"""What a model is worth: counts and scores, as files, as pictures and as a page for people.

- ``confusion_matrix.py``: counts of right and wrong classes, and the scores made from them.
- ``boundary_iou.py``: counts of pixels near contours; ``calibration.py``: counts of how sure a model is.
- ``score_counts.py``: all that is counted of whole pictures.
- ``evaluation.py``: the scores of a model: ``evaluation.json``, a table, HTML for a notebook.
- ``epoch_scores.py``: what is known of one epoch when it is over; ``epoch_charts.py``: charts of all of them.
- ``metrics_file.py``: ``metrics.csv``, a row for each epoch.
- ``picture_scores.py``: ``per_picture.csv``, a row for each picture; ``score_rows.py``: what both files share.
- ``shown_pictures.py``: the worst pictures and some at random, kept as small copies.
- ``curves.py``: ``curves.png``; ``matrix_picture.py``: ``confusion_matrix.png``; ``worst_picture.py``: ``worst.png``.
- ``job_facts.py``: what a report says of a job beside what lies in its ``output/data``.
- ``report.py``: ``report.html``; ``report_style.py``: how it looks.
- ``score_sections.py``, ``picture_section.py``, ``data_section.py``, ``job_section.py``: its parts.
- ``markup.py``: the pieces of HTML that these are made of; ``tables.py``: tables as text and as HTML.
- ``files.py``: the files of ``output/data``: written, and gathered again for a report.
- ``comparison.py``: several jobs beside each other.
- ``learning_rate_curve.py``: the loss at growing learning rates, and the rate that it suggests.
"""
