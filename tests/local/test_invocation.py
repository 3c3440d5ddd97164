import contextlib
import socket
import threading

from semseg.local.endpoints import free_port
from semseg.local.invocation import Answer, invoke, is_ready

REFUSAL = b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge"


def test_nobody_on_a_port_is_not_ready():
    assert not is_ready(free_port())


def test_an_answer_sent_before_the_body_was_read_is_kept():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=refuse_early, args=(server,))
        thread.start()
        answer = invoke(server.getsockname()[1], b"x" * 1000, {"Content-Type": "image/png"})
        thread.join()
    assert (answer.status, answer.message) == (413, "large")


def refuse_early(server):
    connection, _ = server.accept()
    with contextlib.closing(connection):
        connection.recv(2000)
        connection.sendall(REFUSAL)


def test_a_message_is_that_of_the_json_else_the_text():
    assert Answer(400, "application/json", b'{"message": "no picture"}').message == "no picture"
    assert Answer(400, "application/json", b'{"message": 3}').message == '{"message": 3}'
    assert Answer(400, "application/json", b"[1]").message == "[1]"
    assert Answer(500, "text/html", b"x" * 500).message == "x" * 300
    assert Answer(502, "text/plain", b"").message == "the endpoint answered 502 and said nothing"
