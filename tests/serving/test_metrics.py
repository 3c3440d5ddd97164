from __future__ import annotations

import re

from tests.prediction.fake_network import BrightnessNetwork, half_bright
from tests.serving.running import metric, png, serving

PICTURE = png(half_bright(8, 8))


def test_metrics_count_requests_by_code_and_time_each_stage() -> None:
    with serving(BrightnessNetwork) as server:
        sent = len(server.segment(PICTURE).body)
        refused = [server.segment(b"no picture") for _ in range(2)]
        server.ask("GET", "/ping")
        page = server.ask("GET", "/metrics")
        text = page.body.decode()
        assert metric(server, 'semseg_requests_total{code="200"}') == 1
        assert metric(server, 'semseg_requests_total{code="400"}') == 2
        assert metric(server, "semseg_received_bytes_total") == len(PICTURE) + 2 * len(b"no picture")
        assert metric(server, "semseg_sent_bytes_total") == sent + sum(len(reply.body) for reply in refused)
        assert metric(server, "semseg_requests_in_flight") == 0
        assert metric(server, "semseg_queue_length") == 0
        assert metric(server, "semseg_engines_ready") == 1
        assert metric(server, "semseg_engine_restarts_total") == 0
        for stage in ("queue", "decode", "inference", "encode"):
            assert metric(server, f"semseg_{stage}_seconds_count") == 1
            assert metric(server, f"semseg_{stage}_seconds_sum") > 0
        assert metric(server, 'semseg_batch_size_bucket{le="1.0"}') == 1
    assert page.headers["Content-Type"].startswith("text/plain; version=")
    assert not re.search(r"^(python|process)_", text, re.M)  # its own numbers only


def test_two_servers_in_one_process_count_apart() -> None:
    with serving(BrightnessNetwork) as one, serving(BrightnessNetwork) as other:
        one.segment(PICTURE)
        assert metric(one, "semseg_batch_size_count") == 1
        assert metric(other, "semseg_batch_size_count") == 0
