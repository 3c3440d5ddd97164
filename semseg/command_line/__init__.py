"""The command line, ``semseg``: verbs over the sessions, checks and results that Python has.

- ``program.py``: the program: arguments in, exit code out; errors as one sentence
- ``verbs.py``: the table of verbs: the module of each, imported when it is asked for
- ``verb.py``: what makes a function a verb; the options that each verb has
- ``output.py``: answers on stdout, as columns or as JSON; words on stderr
- ``names.py``: arguments that name jobs and endpoints, which shells complete

The verbs:

- ``check.py``, ``check_page.py``: what a job would say of a data set, as lines and as a page
- ``split.py``, ``convert.py``, ``conversion_options.py``: the folders of a job, made of pictures or annotations
- ``show.py``: pictures of a data set, or a job; ``job_answer.py``: how a job is told
- ``train.py``, ``hyperparameter_options.py``: a training job, with an option for each hyperparameter
- ``rates.py``: learning rates tried for a job; ``named_classes.py``: its num_classes, where a label map tells it
- ``jobs.py``, ``logs.py``, ``job_ends.py``, ``report.py``: jobs listed, followed, stopped, resumed, compared
- ``evaluate.py``, ``predict.py``, ``model_options.py``: what a model is worth, and what it says
- ``export.py``, ``deploy.py``, ``endpoints.py``: exported forms and endpoints
- ``bench.py``, ``measuring.py``, ``drawn_scenes.py``: how fast this machine is, measured on drawn scenes
- ``doctor.py``, ``disk.py``, ``console.py``: this machine, its disk, and the console in the browser
"""
