"""The conversation with Janus, without a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipper.runtime import janus_protocol
from hipper.runtime.janus_protocol import Answered, Happened, JanusProtocol, Refused, SessionOver


def said(**fields: Any) -> str:
    return json.dumps(fields)


def test_request_carries_session_secret_and_a_transaction_of_its_own() -> None:
    protocol = JanusProtocol("s3cret")
    first = json.loads(protocol.request("create").text)
    assert first == {"janus": "create", "transaction": "1", "apisecret": "s3cret"}
    protocol.session = 42
    second = json.loads(protocol.request("attach", plugin="p").text)
    assert (second["transaction"], second["session_id"], second["plugin"]) == ("2", 42, "p")


def test_answer_is_the_plugins_data_or_that_of_janus() -> None:
    protocol = JanusProtocol()
    protocol.request("create")
    protocol.request("message", body={})
    assert protocol.receive(said(janus="success", transaction="1", data={"id": 7})) == Answered(
        "1", {"id": 7}
    )
    data = {"plugin": "x", "data": {"audiobridge": "created"}}
    told = protocol.receive(said(janus="success", transaction="2", plugindata=data))
    assert told == Answered("2", {"audiobridge": "created"})


def test_what_a_plugin_does_later_is_answered_by_its_event() -> None:
    protocol = JanusProtocol()
    protocol.request("message", later=True, body={})
    assert protocol.receive(said(janus="ack", transaction="1")) is None
    assert protocol.receive(said(janus="success", transaction="1")) is None
    event = {"plugin": "x", "data": {"audiobridge": "joined"}}
    told = protocol.receive(said(janus="event", transaction="1", sender=5, plugindata=event))
    assert told == Answered("1", {"audiobridge": "joined"})
    again = protocol.receive(said(janus="event", transaction="1", sender=5, plugindata=event))
    assert again == Happened(5, {"audiobridge": "joined"}), "nobody asked a second time"


@pytest.mark.parametrize(
    "answer",
    [
        {"janus": "error", "error": {"code": 403, "reason": "no"}},
        {"janus": "success", "plugindata": {"data": {"error_code": 486, "error": "no"}}},
    ],
)
def test_refusal_says_why(answer: dict[str, Any]) -> None:
    protocol = JanusProtocol()
    protocol.request("message", body={})
    assert protocol.receive(said(transaction="1", **answer)) == Refused("1", "no")


def test_late_answers_and_the_end_of_the_session() -> None:
    protocol = JanusProtocol()
    protocol.request("keepalive")
    protocol.give_up("1")
    assert protocol.receive(said(janus="success", transaction="1")) is None
    assert protocol.receive(said(janus="timeout", session_id=1)) == SessionOver()
    assert protocol.receive(said(janus="webrtcup")) is None


@pytest.mark.parametrize("text", ["", "[]", "x", b"\xff", '"janus"', "{" * 9])
def test_what_is_no_message_of_janus_is_named_so(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="Janus"):
        JanusProtocol().receive(text)


def test_nothing_grows_without_bound() -> None:
    protocol = JanusProtocol()
    for _ in range(janus_protocol.MOST_PENDING):
        protocol.request("keepalive")
    with pytest.raises(OverflowError, match="unanswered"):
        protocol.request("keepalive")
    with pytest.raises(ValueError, match="too large"):
        protocol.receive("x" * (janus_protocol.LARGEST_MESSAGE + 1))
