"""Sends requests to targets: signed over the bytes sent, bounded in time and size, repeated where that is safe."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import aiohttp
from yarl import URL

from fairway.agent.target.allowlist import Allowlist
from fairway.agent.target.policy import TargetPolicy
from fairway.agent.target.redirects import Redirects
from fairway.agent.target.retry import Retry
from fairway.agent.target.tls import TlsStore
from fairway.kit.clock import Clock
from fairway.kit.errors import FairwayError, InvalidRequest
from fairway.kit.http import REFUSED_BY_POLICY, Answer, DestinationRefused, guarded_connector, parse_url, read_bounded
from fairway.kit.proxy import proxy_for
from fairway.wire.signatures import SIGNATURE, TIMESTAMP, sign

_CONNECT_SECONDS = 10.0
_POOL = 1024
_OURS = frozenset({SIGNATURE.lower(), TIMESTAMP.lower()})


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """How targets are called."""

    timeout_seconds: float = 30.0
    """For one whole attempt, from connecting to the last byte of the answer."""
    retry: Retry = field(default_factory=Retry)
    max_answer_bytes: int = 1_048_576
    follow_redirects: bool = False
    """Across origins, and 302 as an empty GET: the original agent's way."""
    user_agent: str = "fairway-agent"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()
    timeout_seconds: float | None = None
    retry: Retry | None = None
    tls: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The last answer, and how it came about."""

    answer: Answer
    attempts: int
    headers: Mapping[str, str]
    """As sent the last time, signature included."""


class TargetFailed(FairwayError):
    """No answer; the message is the real cause."""

    status = 502
    code = "target_failed"

    def __init__(self, message: str, attempts: int, kind: str) -> None:
        super().__init__(message)
        self.attempts = attempts
        self.kind = kind
        """``connect``, ``timeout``, ``refused`` (by policy: nothing was sent) or ``invalid``."""


class TargetClient:
    """Safe to share; open until :meth:`aclose`. ``secret`` gives the client secret that signs,
    ``environment`` the proxies.

    Raises:
        InvalidRequest: a proxy cannot be used.
    """

    def __init__(
        self,
        settings: TargetSettings,
        clock: Clock,
        secret: Callable[[], str],
        *,
        tls: TlsStore,
        environment: Mapping[str, str] | None = None,
        policy: TargetPolicy | None = None,
        allowlist: Allowlist | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._secret = secret
        self._tls = tls
        self._environment = environment or {}
        _check_proxies(self._environment)
        self._policy = policy or TargetPolicy()
        self._allowlist = allowlist or Allowlist()
        self._redirects = Redirects(foreign=settings.follow_redirects)
        self._session: aiohttp.ClientSession | None = None

    @property
    def retry(self) -> Retry:
        """The agent's own policy, for mappings to vary."""
        return self._settings.retry

    def signed(self, request: Request) -> dict[str, str]:
        """The headers of a request that is sent now."""
        seconds = int(self._clock.now().timestamp())
        given = {name: value for name, value in request.headers.items() if name.lower() not in _OURS}
        names = {name.lower() for name in given}
        extra = {} if "user-agent" in names else {"User-Agent": self._settings.user_agent}
        if request.body is not None and "content-type" not in names:
            extra["Content-Type"] = "application/json"
        signature = sign(self._secret(), request.body or b"", seconds)
        return {**extra, **given, TIMESTAMP: str(seconds), SIGNATURE: signature}

    def check(self, request: Request) -> URL:
        """The URL with its query, when it may be called.

        Raises:
            DestinationRefused: it is none, or the allowlist or the address policy forbids it.
        """
        url = parse_url(request.url)
        return self._allowed(url.extend_query(list(request.query)) if request.query else url)

    async def send(self, request: Request) -> Delivery:
        """The answer, whatever its status, after as many attempts as the policy gives.

        Raises:
            TargetFailed: no answer.
        """
        retry = request.retry or self._settings.retry
        try:
            url = self.check(request)
        except InvalidRequest as error:
            raise TargetFailed(error.message, 0, "refused") from None
        for attempt in range(1, retry.retries + 2):
            last = attempt == retry.retries + 1
            headers = self.signed(request)
            try:
                answer = await self._follow(request, url, headers, attempt)
            except TargetFailed as failed:
                if last or failed.kind not in retry.on:
                    raise
                pause = retry.pause(attempt, {}, self._clock.now())
            else:
                if last or answer.status not in retry.on:
                    return Delivery(answer, attempt, headers)
                pause = retry.pause(attempt, answer.headers, self._clock.now())
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def aclose(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _follow(self, request: Request, url: URL, headers: Mapping[str, str], attempt: int) -> Answer:
        seconds = request.timeout_seconds or self._settings.timeout_seconds
        sent = replace(request, headers=headers)
        hop = self._redirects.start(sent, url)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    answer = await self._once(hop.request, hop.url, min(seconds, _CONNECT_SECONDS))
                    following = self._redirects.following(hop, answer)
                    if following is None:
                        return answer
                    self._allowed(following.url)
                    hop = following
        except TimeoutError:
            raise TargetFailed(f"{_shown(url)} did not answer within {seconds:g} s", attempt, "timeout") from None
        except TargetFailed as failed:
            failed.attempts = attempt
            raise
        except InvalidRequest as error:
            raise TargetFailed(error.message, attempt, "refused") from None

    async def _once(self, request: Request, url: URL, connect_seconds: float) -> Answer:
        limits = aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds)
        context = self._tls.context(url, request.tls) if url.scheme == "https" else True
        proxy = proxy_for(str(url), self._environment)
        try:
            async with self._open().request(
                request.method,
                url,
                headers=request.headers,
                data=request.body,
                timeout=limits,
                allow_redirects=False,
                ssl=context,
                proxy=proxy,
            ) as response:
                content, truncated = await read_bounded(response, self._settings.max_answer_bytes)
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, found, content, truncated)
        except (aiohttp.ClientError, ssl.SSLError, ValueError, OSError) as error:
            if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
                raise
            raise _failure(error, url, proxy) from None

    def _allowed(self, url: URL) -> URL:
        refusal = self._allowlist.refusal(url)
        address = _address(url.host or "")
        if refusal is None and address is not None:
            refusal = self._policy.refusal(address)  # a proxy would connect to it unseen
        if refusal is not None:
            raise DestinationRefused(f"{_shown(url)} may not be called: {refusal}")
        return url

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=guarded_connector(self._policy, limit=_POOL),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,  # it would read netrc files
            )
        return self._session


def _failure(error: Exception, url: URL, proxy: str | None) -> TargetFailed:
    """The cause in plain words, and whether nothing can have happened yet."""
    where = _shown(url) if proxy is None else f"{_shown(url)} through proxy {_shown(URL(proxy))}"
    kind, what = _diagnosis(error)
    return TargetFailed(f"{where} {what}", 0, kind)


def _diagnosis(error: Exception) -> tuple[str, str]:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "connect", "cannot be reached: no connection in time"
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return "invalid", f"cannot be reached: TLS failed: {getattr(error, 'certificate_error', error)}"
    if isinstance(error, aiohttp.ClientConnectorError):
        kind = "refused" if REFUSED_BY_POLICY in str(error.os_error) else "connect"
        return kind, f"cannot be reached: {error.os_error}"
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return "connect", f"cannot be reached: the proxy answered {error.status} {error.message}"
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        # most often a kept connection that the target had closed; the idempotency key covers the rest
        return "connect", f"broke the connection off: {error or type(error).__name__}"
    return "invalid", f"cannot be called: {error}"


def _check_proxies(environment: Mapping[str, str]) -> None:
    for scheme in ("http", "https"):
        proxy = proxy_for(f"{scheme}://0.0.0.0", {**environment, "no_proxy": "", "NO_PROXY": ""})
        if proxy is not None and proxy.partition("://")[0] not in ("http", "https"):
            # the text may hold a password, so it is not shown
            raise InvalidRequest(f"The proxy of {scheme} URLs is no http or https URL; SOCKS proxies are not supported")


def _shown(url: URL) -> str:
    """A URL without what may be secret: user, password, values of the query."""
    plain = url.with_user(None) if url.user is not None or url.password is not None else url
    return f'"{plain.with_query(None).with_fragment(None)}"'


def _address(host: str) -> str | None:
    """The address that ``host`` spells, none for a name. ``2852039166`` and ``0xa9.254.43518`` are addresses, too."""
    if ":" in host:
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host.removesuffix(".")))
    except (OSError, UnicodeError):
        return None
