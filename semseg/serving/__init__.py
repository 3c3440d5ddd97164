"""HTTP requests become answers. One process speaks HTTP, and one process for each engine computes.

The process that speaks HTTP:

- ``server.py``: opens the port and runs until it is stopped; ``process_end.py``: ends the process.
- ``app.py``: SageMaker's paths; ``answers.py``: the formats of an answer; ``http_refusals.py``: answers of errors.
- ``request_body.py``: reads a body; ``request_log.py``: logs each request; ``access.py``: checks the token.
- ``http_protocol.py``: uvicorn's protocol with time limits; ``http_lines.py``: the lines of a request.
- ``limits.py``: all limits; ``budget.py``: lends memory.
- ``pipeline.py``: decodes, waits for the engine, encodes; ``waiting_line.py``: pictures that wait for an engine.
- ``metrics.py``: the counters for Prometheus.

The processes of the engines:

- ``engines.py``: all of them; ``engine_keeper.py``: keeps one running; ``engine_starter.py``: starts one.
- ``engine_process.py``: one of them as the endpoint sees it; ``engine_loop.py``: what runs in it.
- ``wire.py``: the messages between the two; ``shared_array.py``: arrays that both see.
- ``out_of_memory.py``: asks the kernel whether it ended processes for want of memory.
"""
