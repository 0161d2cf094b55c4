"""What is kept of a client: enough for its holder to recognise it, nothing that tells people apart."""

import pytest

from gateway.http.user_agent import client_of

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
AGENTS = {
    WINDOWS: "Chrome, Windows",
    f"{WINDOWS} Edg/126.0.0.0": "Edge, Windows",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0": "Firefox, Linux",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17.5 Safari/604.1": "Safari, iOS",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605 Version/17.5 Safari/605": "Safari, macOS",
    "Mozilla/5.0 (Linux; Android 14; V2324A) Chrome/116 Mobile Safari/537 MicroMessenger/8.0.49": "WeChat, Android",
    "aiohttp/3.14": None,
    "": None,
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_client_is_described_roughly(agent: str) -> None:
    assert client_of(agent) == AGENTS[agent]
