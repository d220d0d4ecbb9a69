"""A storm between the functions and everything they call: faults on the wire, made by microburst's proxies (0.10).

One proxy stands before AWS, one before the stand-ins (WeChat, SNS, Rekognition). Who is struck, how and how often is
drawn from a seed. A fault strikes one try of a call or every try of it, so that both the clients' own retries and what
comes after them are tried: an AWS client sends the same `amz-sdk-invocation-id` with each try.
"""

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from aiohttp import ClientError, ClientSession, TCPConnector, web
from microburst.core.pipeline import Microburst
from microburst.forward import HOP_BY_HOP, ResponseFault, Upstream
from microburst.rules import Decision, RequestContext, RuleEngine

from functions.shared.clients import USER_AGENT
from local.run import HOST, Ports, Run, free_port, free_ports, local_run

LARGEST_BYTES = 16 * 1024 * 1024  # aiohttp would refuse a photo
HELD_MS = 9_000  # longer than any client waits
EVERY_TRY = 99
TRIES = (1, 1, EVERY_TRY)
# How often a call is struck; the first one of each service always is. A request calls the table several times, the
# others once or twice.
RATES: Mapping[str, float] = {"dynamodb": 0.05, "s3": 0.15}
USUAL_RATE = 0.25
# What each service says when it is throttled or broken: code and status.
CODES: Mapping[str, Mapping[str, tuple[tuple[str, int], ...]]] = {
    "dynamodb": {
        "throttled": (("ThrottlingException", 400), ("ProvisionedThroughputExceededException", 400)),
        "broken": (("InternalServerError", 500),),
    },
    "s3": {"throttled": (("SlowDown", 503),), "broken": (("InternalError", 500), ("ServiceUnavailable", 503))},
    "sqs": {
        "throttled": (("RequestThrottled", 400), ("ThrottlingException", 400)),
        "broken": (("InternalError", 500),),
    },
    "kms": {
        "throttled": (("ThrottlingException", 400),),
        "broken": (("KMSInternalException", 500), ("DependencyTimeoutException", 503)),
    },
    "ssm": {"throttled": (("ThrottlingException", 400),), "broken": (("InternalServerError", 500),)},
    "sns": {"throttled": (("ThrottledException", 429),), "broken": (("InternalError", 500),)},
    "rekognition": {
        "throttled": (("ThrottlingException", 400), ("ProvisionedThroughputExceededException", 400)),
        "broken": (("InternalServerError", 500),),
    },
    "wechat": {"throttled": (("busy", 503),), "broken": (("broken", 500), ("broken", 502), ("broken", 504))},
}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "throttled": {},
    "broken": {},
    "reset": {"reset": True},
    "hanging": {"timeout_ms": HELD_MS},
    "slow": {"latency": {"min": 200, "max": 1_500}},
    "answer lost": {"response": {"abort_bytes": 0}},
}
KIND_WEIGHTS = {"throttled": 4, "broken": 4, "reset": 4, "hanging": 1, "slow": 3, "answer lost": 6}


class Storm(RuleEngine):
    """Decides about each request that passes; it strikes only while it rages."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rages = False
        self.hangs: set[str] = set()  # services that never answer
        self.drags_ms = 0  # how long every call takes
        self.fell: Counter[tuple[str, str]] = Counter()  # (service, kind) → calls that were struck
        self._random = random.Random(seed)
        self._struck: dict[str, tuple[str, int]] = {}  # invocation → kind, and how many tries of it are left to strike

    def decide(self, info: RequestContext) -> Decision | None:
        """What befalls this request, if anything."""
        service = called_by_a_function(info)
        if service is None:
            return None
        if service in self.hangs or self.drags_ms:
            rule = {"timeout_ms": HELD_MS} if service in self.hangs else {"latency": self.drags_ms}
            return _one_rule(rule).decide(info)
        if not self.rages:
            return None
        kind = self._drawn(service, info.headers.get("amz-sdk-invocation-id"))
        return self._blow(service, kind).decide(info) if kind is not None else None

    def _drawn(self, service: str, invocation: str | None) -> str | None:
        kind, left = self._struck.get(invocation or "", ("", -1))
        if left < 0:
            kind, left = "", 0
            first = all(struck != service for struck, _ in self.fell)
            if first or self._random.random() < RATES.get(service, USUAL_RATE):
                (kind,) = self._random.choices(list(KIND_WEIGHTS), list(KIND_WEIGHTS.values()))
                left = 1 if kind == "hanging" else self._random.choice(TRIES)
                self.fell[service, kind] += 1
        if invocation is not None:
            self._struck[invocation] = (kind, max(left - 1, 0))
        return kind if left > 0 else None

    def _blow(self, service: str, kind: str) -> RuleEngine:
        rule = dict(KINDS[kind])
        if kind in CODES[service]:
            code, status = self._random.choice(CODES[service][kind])
            rule["error"] = {"code": code, "status": status}
        return _one_rule(rule)


def _one_rule(rule: dict[str, Any]) -> RuleEngine:
    engine = RuleEngine()
    engine.set_rules([rule])
    return engine


def called_by_a_function(info: RequestContext) -> str | None:
    """The service that a function calls; None for what the stand-ins, the pump or a client ask for."""
    if info.path.startswith(("/sns/jscode2session", "/cgi-bin/", "/wxa/")):
        return "wechat"
    return info.service if info.headers.get("User-Agent", "").startswith(USER_AGENT) else None


class Relay(Upstream):
    """Microburst's way to what is behind it, but for `Content-Length`: microburst leaves it out of every answer."""

    async def start(self) -> None:
        """A connection for each request: the local servers close theirs whenever they like."""
        self.session = ClientSession(connector=TCPConnector(force_close=True, limit=0), auto_decompress=False)

    async def relay(
        self, request: web.Request, body: bytes | None, mutator: ResponseFault | None = None, data: Any = None
    ) -> web.StreamResponse:
        """The answer, or none at all where it shall be lost."""
        sent = body if body is not None else await request.read()
        url, headers = self.base_url + request.rel_url.raw_path_qs, self._outbound_headers(request)
        headers.pop("expect", None)  # this proxy has already told the client to go on
        answering = self.session.request(
            request.method, url, headers=headers, data=BytesIO(sent), allow_redirects=False
        )
        try:
            async with answering as answered:
                content = await answered.read()
        except ClientError:  # it has stopped, as at the end of a run
            return web.Response(status=502)
        if mutator is not None and request.transport is not None:
            request.transport.abort()
        kept = {name: value for name, value in answered.headers.items() if name.lower() not in HOP_BY_HOP}
        return web.Response(status=answered.status, headers=kept, body=content)


class _Proxies:
    """Microburst's proxies, in a thread of their own."""

    def __init__(self, storm: Storm, upstreams: Mapping[int, str]) -> None:
        self._storm, self._upstreams = storm, upstreams
        self._loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(30)

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        for port, upstream in self._upstreams.items():
            proxy = Microburst(upstream, resign=False)
            proxy.upstream, proxy.engine = Relay(upstream), self._storm
            app = web.Application(client_max_size=LARGEST_BYTES)
            app.on_startup.append(proxy.start)
            app.on_cleanup.append(proxy.stop)
            app.router.add_route("*", "/{tail:.*}", proxy.handle_proxy)
            self._runners.append(web.AppRunner(app, shutdown_timeout=1))
            await self._runners[-1].setup()
            await web.TCPSite(self._runners[-1], HOST, port).start()

    async def _close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()


@contextmanager
def stormy_run(seed: int, **settings: str) -> Iterator[tuple[Run, Storm]]:
    """A local run whose functions reach AWS and the rest through the storm, which is quiet at first."""
    storm, ports = Storm(seed), free_ports()
    aws, outside = f"http://{HOST}:{(aws_port := free_port())}", f"http://{HOST}:{(outside_port := free_port())}"
    upstreams = {aws_port: f"http://{HOST}:{ports.aws}", outside_port: f"http://{HOST}:{ports.standin}"}
    through = {
        "AWS_ENDPOINT_URL": aws,
        "AWS_ENDPOINT_URL_REKOGNITION": outside,
        "AWS_ENDPOINT_URL_SNS": f"{outside}/sns",
        "WECHAT_URL": outside,
    }
    with _Proxies(storm, upstreams), local_run(Ports(*ports), **{**through, **settings}) as run:
        yield run, storm
