"""Serves a webhook that takes deliveries of the Okta connector and refuses what is not signed.

    WEBHOOK_SECRET=whsec_... python3 verify.py 127.0.0.1:9000
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def verify(secret: str, headers, body: bytes) -> bool:
    """Report whether a delivery was signed with the secret, within the last five minutes."""
    sent = headers.get("webhook-timestamp", "")
    if not sent.isdigit() or abs(time.time() - int(sent)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers.get('webhook-id')}.{sent}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return hmac.compare_digest(headers.get("webhook-signature", "").encode(), expected.encode())


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        good = verify(os.environ["WEBHOOK_SECRET"], self.headers, body)
        if good:
            for event in json.loads(body):  # an event may come again, with the same id
                print(event["id"], event["type"], event["subject"], flush=True)
        self.send_response(200 if good else 401)
        self.end_headers()


host, port = sys.argv[1].split(":")
ThreadingHTTPServer((host, int(port)), Hook).serve_forever()
