"""The kind of client that opened a session, for its holder to recognise it; nothing that identifies a device."""

import re

_BROWSERS = {
    "WeChat": "MicroMessenger",
    "Edge": "Edg(?:e|A|iOS)?/",
    "Opera": "OPR/",
    "Firefox": "Firefox/|FxiOS/",
    "Chrome": "Chrome/|CriOS/",
    "Safari": "Safari/",
}
_SYSTEMS = {
    "HarmonyOS": "HarmonyOS|OpenHarmony",
    "Windows": "Windows",
    "Android": "Android",
    "iOS": "iPhone|iPad",
    "macOS": "Mac OS",
    "Linux": "Linux",
}


def client_of(agent: str) -> str | None:
    """Browser and system of a `User-Agent`, such as `Chrome, Windows`, without version and model; None if unknown."""
    parts = [
        next((name for name, mark in names.items() if re.search(mark, agent)), None) for names in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, parts)) or None
