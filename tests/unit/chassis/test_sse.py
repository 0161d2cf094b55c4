"""Server-sent events: encoding and parsing, in pieces of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.serving.sse import HEARTBEAT, Event, Parser, encode

EVENTS = st.lists(
    st.builds(
        Event,
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])).filter(bool),
        st.binary().map(lambda data: data.replace(b"\r", b"")),
    )
)
MOST = 1_000_000


@given(EVENTS, st.sampled_from([b"\n", b"\r", b"\r\n"]), st.lists(st.integers(1, 30)))
def test_events_are_parsed_from_any_pieces_and_with_any_line_end(
    events: list[Event], end: bytes, cuts: list[int]
) -> None:
    stream = HEARTBEAT.join([b"", *(encode(event) for event in events), b""]).replace(b"\n", end)
    parser, parsed = Parser(MOST), []
    for cut in cuts:
        parsed += parser.feed(stream[:cut])
        stream = stream[cut:]
    assert [*parsed, *parser.feed(stream)] == events


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"\xef\xbb\xbfdata: 1\n\n", [Event("", b"1")]),
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event("", b"YHOO\n+2\n10")]),
        (b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n", 3),
        (b"data\n\ndata\ndata\n\ndata:", [Event("", b""), Event("", b"\n")]),
        (b"data:test\n\ndata: test\n\n", [Event("", b"test"), Event("", b"test")]),
        (b"event: complete\n\n", [Event("complete", b"")]),
        (b"retry: 10\nother: x\n\nevent: next\ndata: cut off", []),
    ],
)
def test_the_examples_of_the_standard(stream: bytes, events: list[Event] | int) -> None:
    parsed = Parser(MOST).feed(stream)
    assert (len(parsed) if isinstance(events, int) else parsed) == events


def test_an_event_over_the_limit_is_refused_and_the_limit_counts_per_event() -> None:
    parser = Parser(20)
    for _ in range(10):
        assert parser.feed(b"data: 12345678\n\n") == [Event("", b"12345678")]
    with pytest.raises(ValueError, match="too large"):
        parser.feed(b"data: 12345678" + b"9" * 10)
