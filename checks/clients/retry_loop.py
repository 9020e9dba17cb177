"""The retry loop of Get3W's own error page, and its poll loop, unchanged but for the base URL.

Run by `npm run test:clients` against a local relay, and once more behind a gateway that itself answers 429, 500
and 503: it proves that a client written for Get3W works unchanged. The function api_request_with_retry is Get3W's example,
kept word for word; the code around it is what docs/errors.md asks of clients for a gateway's 503 and for lost answers.
"""

import json
import sys
import time
import uuid
from urllib.parse import quote

import requests


def api_request_with_retry(url, headers, json_data, max_retries=3):
    for attempt in range(max_retries):
        response = requests.post(url, headers=headers, json=json_data)
        if response.status_code == 200:
            return response.json()
        elif response.status_code in (429, 500):
            wait_time = 2**attempt
            time.sleep(wait_time)
        else:
            response.raise_for_status()
    raise Exception("Max retries exceeded")


def submit(url, headers, json_data):
    """Get3W's loop, called again for the one passing status that it raises; one key, so that all calls make one task."""
    keyed = {**headers, "Idempotency-Key": str(uuid.uuid4())}
    for attempt in range(4):
        try:
            return api_request_with_retry(url, keyed, json_data)
        except requests.HTTPError as error:
            if error.response.status_code != 503:
                raise
            time.sleep(2**attempt)
    raise Exception("Max retries exceeded")


def poll(base_url, headers, request_id):
    while True:
        response = requests.get(f"{base_url}/v1/requests/{request_id}", headers=headers)
        if response.status_code == 200 and response.json()["status"] in ("completed", "failed"):
            return response.json()
        if response.status_code not in (200, 429, 500, 503):
            response.raise_for_status()
        time.sleep(0.2)


def main():
    base_url, api_key, webhook = sys.argv[1:4]
    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
    body = {"prompt": "a lighthouse in the rain", "aspect_ratio": "16:9", "resolution": "1k", "channel": "economy"}

    accepted = submit(f"{base_url}/v1/simulator/5003.0/text-to-image", headers, body)
    # Created, or further where a lost answer made this a repeat.
    assert accepted["status"] in ("created", "processing", "completed"), accepted
    assert accepted["estimated_duration"] >= 0, accepted
    task = poll(base_url, headers, accepted["id"])
    assert task["status"] == "completed" and task["code"] == 0 and task["outputs"], task

    finished = submit(f"{base_url}/v1/simulator/0/text-to-image?sync=true", headers, body)
    assert finished["status"] == "completed" and finished["outputs"], finished

    failed = submit(f"{base_url}/v1/simulator/1200/text-to-image?sync=true", headers, body)
    assert failed["status"] == "failed" and failed["code"] == 1200 and failed["error"], failed

    hooked = submit(f"{base_url}/v1/simulator/0/hooked?webhook={quote(webhook, safe='')}", headers, body)

    try:
        api_request_with_retry(f"{base_url}/v1/simulator/0/text-to-image", {"Authorization": "Bearer sk_wrong"}, body)
        raise AssertionError("a wrong key was taken")
    except requests.HTTPError as error:
        assert error.response.json() == {"code": 401, "error": "Invalid or revoked API key"}

    print(json.dumps({"retried": task["id"], "sync": finished["id"], "failed": failed["id"], "hooked": hooked["id"]}))


if __name__ == "__main__":
    main()
