"""One signed POST to one receiver, within limits of time and size. Signed as Standard Webhooks 1.0 has it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
from datetime import datetime
from pathlib import Path
from urllib.parse import SplitResult

import httpx

from archive.actions.webhook_answers import Answer
from archive.actions.webhooks import SECRET_PREFIX
from archive.destinations import DestinationRefused, Destinations
from archive.errors import InvalidInput

LIMIT_S = 10.0  # from the look-up of the name to the head of the answer
USER_AGENT = "kho-ho-so-so/1"


class Sender:
    """Follows no redirect, reads no body, goes through no proxy, and connects only to the address that was checked."""

    def __init__(self, destinations: Destinations, ca_file: Path | None = None, limit_s: float = LIMIT_S) -> None:
        self._destinations = destinations
        self._limit_s = limit_s
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)

    def send(self, url: str, body: bytes, *, message_id: str, secret: str, now: datetime) -> Answer:
        headers = {**signed(body, message_id=message_id, secret=secret, now=now), "Content-Type": "application/json"}
        try:
            parts = self._destinations.check(url)
            status = asyncio.run(self._post(parts, headers, body))
        except (InvalidInput, DestinationRefused):
            return Answer(problem="webhook.problem_host")
        except TimeoutError:
            return Answer(problem="webhook.problem_slow", values={"seconds": round(self._limit_s)})
        except (OSError, httpx.HTTPError) as failure:
            tls = isinstance(failure.__cause__ or failure, ssl.SSLError) or "SSL" in str(failure)
            return Answer(problem="webhook.problem_certificate" if tls else "webhook.problem_away")
        if 200 <= status < 300:
            return Answer(status)
        problem = "webhook.problem_redirect" if 300 <= status < 400 else "webhook.problem_status"
        return Answer(status, problem, {"status": status})

    async def _post(self, parts: SplitResult, headers: dict[str, str], body: bytes) -> int:
        """The status; what follows the head of the answer is not read. Raises TimeoutError, OSError, HTTPError."""
        host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
        async with asyncio.timeout(self._limit_s):
            address = await asyncio.to_thread(self._destinations.address, host, port)
            url = httpx.URL(parts.geturl()).copy_with(host=address)
            # any of the phases may take the whole time: the limit is on all of them together
            async with httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._limit_s) as client:
                request = client.build_request(
                    "POST",
                    url,
                    content=body,
                    headers={**headers, "Host": parts.netloc, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                    extensions={"sni_hostname": host},
                )
                answer = await client.send(request, stream=True, follow_redirects=False)
                await answer.aclose()
                return answer.status_code


def signed(body: bytes, *, message_id: str, secret: str, now: datetime) -> dict[str, str]:
    moment = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, b".".join((message_id.encode(), moment.encode(), body)), hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": message_id, "webhook-timestamp": moment, "webhook-signature": signature}
