"""How the server of an endpoint proves to a client of this machine that it is the one that was deployed.

The client sends a new challenge with GET /ping, over each new connection and before anything else. The server answers
with what only one who knows the endpoint's secret can make of it. The secret itself is never sent, so that a program
that has the port after the server has learnt nothing that it could show.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

CHALLENGE_HEADER = "x-semseg-challenge"
PROOF_HEADER = "x-semseg-proof"
SECRET_BYTES = 32


def new_secret() -> str:
    """Returns a secret of 64 hexadecimal digits, made by the system's random numbers."""
    return secrets.token_hex(SECRET_BYTES)


def new_challenge() -> str:
    """Returns a challenge that was never sent before, of 64 hexadecimal digits."""
    return secrets.token_hex(SECRET_BYTES)


def proof_of(secret: str, challenge: str) -> str:
    """Returns the proof of a server with this secret: HMAC-SHA256 of the challenge, as 64 hexadecimal digits."""
    return hmac.new(secret.encode(), challenge.encode(), hashlib.sha256).hexdigest()
