"""Two user agents over a network that loses, repeats and reorders, with users who do anything at any time.

Whatever happens: nothing raises, each session ends by the events its contract names, and when all timers have
run no session, dialog, transaction or timer is left on either side.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hipper.telephony.sip import events as ev
from hipper.telephony.sip.errors import LocalProtocolError
from hipper.telephony.sip.headers import NameAddr
from hipper.telephony.sip.session import Phase
from hipper.telephony.sip.useragent import UserAgentConfig
from tests.telephony.sip.siptest import ANSWER, OFFER, Agent, Network, Wire, hold

LONG_S = 4000.0
"""Longer than any timer: session interval 90 s, ring limit 600 s, Timer C, a REFER's subscription."""
OVER = (ev.Rejected, ev.LateAnswer, ev.Ended, ev.Cancelled)
SDPS = (OFFER, ANSWER, hold(OFFER), hold(ANSWER, 3), None)


class User:
    """Does anything with the sessions of one agent."""

    def __init__(self, agent: Agent, peer: Agent, chance: random.Random) -> None:
        self.agent, self.peer, self.chance = agent, peer, chance
        self.sessions: list[str] = []
        self.over: dict[str, list[str]] = {}
        self.refers: list[str] = []
        self.misused = 0
        agent.on_event = self.on_event

    def on_event(self, event: Any) -> None:
        session = getattr(event, "session", None)
        if isinstance(event, OVER):
            self.over.setdefault(event.session, []).append(type(event).__name__)
        elif session is not None:
            assert session not in self.over, f"{event} after {self.over[session]}"
        if isinstance(event, ev.Invited):
            self.sessions.append(event.session)
        elif isinstance(event, ev.Referred):
            self.refers.append(event.transaction)
        elif isinstance(event, ev.OutOfDialogRequest | ev.InDialogRequest) and self.chance.random() < 0.8:
            self.agent.ua.respond(event.transaction, 200, self.agent.net.now)
        elif isinstance(event, ev.Answered) and self.chance.random() < 0.8:
            self.agent.ua.acknowledge(event.session, self.agent.net.now, OFFER)
        elif isinstance(event, ev.Reoffered) and self.chance.random() < 0.8:
            self.agent.ua.answer_reoffer(event.session, self.agent.net.now, self.chance.choice(SDPS))

    def act(self) -> None:
        """One action; those that the phase forbids must say so by LocalProtocolError, and change nothing."""
        ua, now, chance = self.agent.ua, self.agent.net.now, self.chance
        choice = chance.randrange(18)
        session = chance.choice(self.sessions) if self.sessions else "none"
        sdp = chance.choice(SDPS)
        try:
            if choice == 0 and len(self.sessions) < 4:
                self.sessions.append(self.agent.invite(self.peer, sdp))
            elif choice in (1, 2):
                ua.ring(
                    session, now, chance.choice((180, 183)), sdp, reliable=chance.choice((None, True, False))
                )
            elif choice in (3, 4):
                ua.answer(session, now, sdp)
            elif choice == 5:
                ua.reject(session, now, chance.choice((302, 404, 486, 503, 603)))
            elif choice == 6:
                ua.cancel(session, now, "SIP;cause=200")
            elif choice == 7:
                ua.bye(session, now)
            elif choice in (8, 9):
                ua.reoffer(session, now, sdp, chance.choice(("INVITE", "UPDATE")))
            elif choice == 10:
                ua.answer_reoffer(session, now, sdp)
            elif choice == 11:
                ua.reject_reoffer(session, now, 488)
            elif choice == 12:
                ua.info(session, now, "application/dtmf-relay", b"Signal=1\r\n")
            elif choice == 13:
                self.agent.request(chance.choice(("OPTIONS", "MESSAGE")), self.peer)
            elif choice == 14:
                ua.refer(session, now, NameAddr(self.peer.uri))
            elif choice == 15 and self.refers:
                ua.accept_refer(chance.choice(self.refers), now)
            elif choice == 16 and self.refers:
                ua.notify_refer(chance.choice(self.refers), now, chance.choice((180, 200, 486)))
            elif choice == 17:
                ua.acknowledge(session, now, ANSWER)
        except LocalProtocolError:
            self.misused += 1


def play(seed: int, wire: Wire, actions: int = 60) -> None:
    chance = random.Random(seed)
    config = UserAgentConfig(session_expires_s=90, ring_limit_s=120)
    net = Network(seed=seed, wire=wire)
    transport = chance.choice(("udp", "udp", "udp", "tcp"))
    alice, bob = net.add("alice", config, transport), net.add("bob", config, transport)
    users = [User(alice, bob, chance), User(bob, alice, chance)]
    users[0].sessions.append(alice.invite(bob))
    for _ in range(actions):
        net.run(chance.choice((0.0, 0.005, 0.02, 0.3, 2.0)))
        chance.choice(users).act()
        if chance.random() < 0.02:
            alice.ua.transport_failed(alice.flow_to(bob), net.now)
    # established calls have nobody to end them but their users
    for user in users:
        for session in user.sessions:
            user.agent.ua.bye(session, net.now)
    net.run(LONG_S)
    for user in users:
        assert user.agent.ua.at_rest, (
            user.agent.name, user.agent.ua._sessions, user.agent.ua._dialogs,
            user.agent.ua.endpoint._by_id, len(user.agent.ua.timers), net.ladder()[-3000:],
        )  # fmt: skip
        for session in user.sessions:
            assert user.agent.ua.phase(session) is Phase.ENDED
        for session, ends in user.over.items():
            assert len(ends) == 1, (session, ends)


@pytest.mark.parametrize("seed", range(40))
def test_every_session_comes_to_rest_on_a_bad_network(seed: int) -> None:
    play(seed, Wire(loss=0.2, duplication=0.2, delay_s=0.01, jitter_s=0.4))


@pytest.mark.parametrize("seed", range(100, 120))
def test_every_session_comes_to_rest_on_a_good_network(seed: int) -> None:
    play(seed, Wire(delay_s=0.02), actions=90)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32),
    loss=st.sampled_from((0.0, 0.1, 0.5, 0.9)),
    duplication=st.sampled_from((0.0, 0.5)),
    jitter_s=st.sampled_from((0.0, 0.1, 3.0)),
)
def test_every_session_comes_to_rest_on_any_network(
    seed: int, loss: float, duplication: float, jitter_s: float
) -> None:
    play(seed, Wire(loss=loss, duplication=duplication, jitter_s=jitter_s), actions=40)
