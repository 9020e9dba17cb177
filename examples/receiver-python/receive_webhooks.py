"""A receiver of the relay's webhooks, with Python's standard library (3.9 or newer) or the specification's package.

    WEBHOOK_SECRET=whsec_... PORT=8080 python3 receive_webhooks.py [--package]

--package verifies with `pip install standardwebhooks` instead of verify_webhook.py.
"""

import json
import os
import sys
from collections import OrderedDict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Optional

from verify_webhook import refuse_webhook

# Ten times the most that the relay sends.
BODY_BYTES_MAX = 1_000_000
# The relay's retries end within five days; a receiver that is restarted more often should keep these ids in a database.
IDS_KEPT = 100_000

SECRETS = os.environ.get("WEBHOOK_SECRET", "").split()
if not SECRETS:
    sys.exit("WEBHOOK_SECRET is not set")

seen: "OrderedDict[str, None]" = OrderedDict()
seen_lock = Lock()


def refuse_with_package(headers: dict, raw_body: bytes) -> Optional[str]:
    """The package takes one secret per instance: while secrets overlap, try one after the other."""
    from standardwebhooks.webhooks import Webhook

    for secret in SECRETS:
        try:
            Webhook(secret).verify(raw_body, headers)
            return None
        except Exception:  # the package raises one class for everything that is wrong
            continue
    return "the webhook cannot be trusted"


def is_new(webhook_id: str) -> bool:
    """True once for each id: a webhook may come twice, because the answer to the first may have been lost."""
    with seen_lock:
        if webhook_id in seen:
            return False
        seen[webhook_id] = None
        while len(seen) > IDS_KEPT:
            seen.popitem(last=False)
        return True


def act(webhook_id: str, body: object) -> None:
    """Called once for each webhook; slow work belongs in a queue of your own."""
    print(json.dumps({"id": webhook_id, "body": body}), flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        if length > BODY_BYTES_MAX:
            self.answer(413)
            self.close_connection = True
            return
        raw_body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        with_package = "--package" in sys.argv
        refusal = refuse_with_package(headers, raw_body) if with_package else refuse_webhook(headers, raw_body, SECRETS)
        if refusal:
            self.answer(400)
            return
        # Answer 2xx for a repeat too, or it would be sent again, but act once.
        if is_new(headers["webhook-id"]):
            act(headers["webhook-id"], json.loads(raw_body))
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Prints nothing; the default prints every request to standard error."""


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver)
print("ready", flush=True)
server.serve_forever()
