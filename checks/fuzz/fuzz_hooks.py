"""Hooks of schemathesis for `npm run test:fuzz-api`: webhooks go to a receiver on this machine, and calls are counted.

An address that the relay would call is sent to the loopback receiver instead, so that no made-up host is looked up or
called. Addresses that are none, or of another scheme, stay as they are: the relay has to refuse them.
"""

import atexit
import json
import os
from collections import Counter
from urllib.parse import urlsplit

import schemathesis

RECEIVER = os.environ["FUZZ_RECEIVER"]
COUNTS_FILE = os.environ["FUZZ_COUNTS"]
KEPT_KEYS = os.environ["FUZZ_KEPT_KEYS"].split(",")
counts = Counter()


def to_receiver(address):
    """The same path at the receiver of this run, where the address is one that the relay might call."""
    if not isinstance(address, str):
        return address
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return address
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return address
    return f"{RECEIVER}/{parts.path.lstrip('/')}"


@schemathesis.hook
def before_call(context, case, kwargs):
    query = getattr(case, "query", None)
    if isinstance(query, dict) and "webhook" in query:
        given = query["webhook"]
        query["webhook"] = [to_receiver(one) for one in given] if isinstance(given, list) else to_receiver(given)
    # The key of this run, and the one that keeps the gate open, are not revoked: all further calls would be 401.
    path = getattr(case, "path_parameters", None)
    if isinstance(path, dict) and case.path.startswith("/v1/keys/") and str(path.get("id")).lower() in KEPT_KEYS:
        path["id"] = "kept"
    body = getattr(case, "body", None)
    if isinstance(body, dict) and "url" in body and "webhook-endpoints" in case.path:
        body["url"] = to_receiver(body["url"])


@schemathesis.hook
def after_call(context, case, response):
    counts[f"{case.operation.label} {response.status_code}"] += 1


@atexit.register
def write_counts():
    with open(COUNTS_FILE, "w", encoding="utf-8") as file:
        json.dump(counts, file)
