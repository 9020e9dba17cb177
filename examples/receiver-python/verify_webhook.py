"""Verifies a webhook by Standard Webhooks (v1, HMAC-SHA256) with nothing but Python's standard library.

Copy this file, or use the `standardwebhooks` package as receive_webhooks.py does with --package.
The receiver checks whether a webhook is new, and acts on it.
"""

import base64
import hashlib
import hmac
import time
from typing import Mapping, Optional, Sequence

# Older and newer webhooks are refused, or an attacker who recorded one could send it again for ever.
TOLERANCE_SECONDS = 300


def refuse_webhook(
    headers: Mapping[str, str], raw_body: bytes, secrets: Sequence[str], now: Optional[float] = None
) -> Optional[str]:
    """Says why a webhook is refused; None for a good one.

    `raw_body` must be the bytes as they came. `secrets` are `whsec_...`, two while one is being rotated.
    """
    webhook_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not (webhook_id and timestamp and signatures):
        return "a header is missing"
    if not timestamp.isdigit() or abs((now or time.time()) - int(timestamp)) > TOLERANCE_SECONDS:
        return "the timestamp is too far off"
    content = f"{webhook_id}.{timestamp}.".encode() + raw_body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        # In constant time: the duration of a comparison must not show how many bytes matched.
        if any(hmac.compare_digest(expected, given) for given in signatures.split(" ")):
            return None
    return "no signature matches"
