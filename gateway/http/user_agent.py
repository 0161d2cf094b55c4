"""What a session was opened with, as roughly as its holder needs to recognise it."""

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
    """`Chrome, Windows` of a User-Agent: no version and no model, which would tell people apart; None of any other."""
    known = [
        next((name for name, mark in names.items() if re.search(mark, agent)), None) for names in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, known)) or None
