"""Session timers (RFC 4028)."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.events import Answered, Ended, Invited, Rejected, ReofferAnswered, Reoffered
from hipper.telephony.sip.headers import SessionExpires
from hipper.telephony.sip.message import Headers, Request, Response
from hipper.telephony.sip.session import Phase
from hipper.telephony.sip.session_timer import TooSmall, as_uac, as_uas, min_se, request_headers
from hipper.telephony.sip.useragent import UserAgentConfig
from tests.telephony.sip.siptest import ANSWER, OFFER, Agent, Network, establish, hold


def asks(*headers: tuple[str, str]) -> Request:
    return Request("INVITE", "sip:a@b", Headers(headers))


TIMER = ("Supported", "timer")


class TestNegotiation:
    """§7, §9."""

    @pytest.mark.parametrize(
        ("headers", "wanted_s", "interval_s", "we_refresh"),
        [
            ((TIMER, ("Session-Expires", "600;refresher=uac")), 1800, 600, False),
            ((TIMER, ("Session-Expires", "600;refresher=uas")), 1800, 600, True),
            ((TIMER, ("Session-Expires", "600")), 1800, 600, False),
            ((TIMER, ("Session-Expires", "3600")), 1800, 1800, False),
            ((TIMER, ("Session-Expires", "3600"), ("Min-SE", "2400")), 1800, 2400, False),
            ((TIMER,), 1800, 1800, False),
            ((TIMER,), None, None, False),
            ((), 1800, None, False),
            ((("Session-Expires", "600"),), 1800, 600, True),
        ],
    )
    def test_uas_decides(
        self,
        headers: tuple[tuple[str, str], ...],
        wanted_s: int | None,
        interval_s: int | None,
        we_refresh: bool,
    ) -> None:
        timer, answer = as_uas(asks(*headers), wanted_s, 90)
        assert (timer.interval_s, timer.we_refresh) == (interval_s, we_refresh)
        if interval_s is None:
            assert answer == []
        else:
            expires = SessionExpires.parse(dict(answer)["Session-Expires"])
            assert (expires.seconds, expires.refresher) == (interval_s, "uas" if we_refresh else "uac")
            assert (dict(answer).get("Require") == "timer") is not we_refresh

    def test_uas_refuses_what_is_too_small_from_a_peer_that_understands(self) -> None:
        with pytest.raises(TooSmall) as caught:
            as_uas(asks(TIMER, ("Session-Expires", "100")), 1800, 300)
        assert caught.value.min_se_s == 300
        assert as_uas(asks(("Session-Expires", "100")), 1800, 300)[0].interval_s is None

    @pytest.mark.parametrize(
        ("header", "interval_s", "we_refresh"),
        [
            ("600;refresher=uac", 600, True),
            ("600;refresher=uas", 600, False),
            (None, 1800, True),
            ("x", 1800, True),
        ],
    )
    def test_uac_takes_what_the_2xx_says(self, header: str | None, interval_s: int, we_refresh: bool) -> None:
        headers = [("Session-Expires", header)] if header else []
        timer = as_uac(Response(200, headers=Headers(headers)), 1800)
        assert (timer.interval_s, timer.we_refresh) == (interval_s, we_refresh)

    def test_uac_asks(self) -> None:
        assert request_headers(None, 90) == []
        assert request_headers(1800, 90) == [("Session-Expires", "1800")]
        assert request_headers(100, 300, "uac") == [
            ("Session-Expires", "300;refresher=uac"), ("Min-SE", "300"),
        ]  # fmt: skip

    def test_min_se_is_never_below_90(self) -> None:
        assert min_se(asks(("Min-SE", "10"))) == 90
        assert min_se(asks(("Min-SE", "nonsense"))) == 90
        assert min_se(asks(("Min-SE", "400"))) == 400

    def test_times_of_action(self) -> None:
        timer, _ = as_uas(asks(TIMER, ("Session-Expires", "90;refresher=uac")), 1800, 90)
        assert timer.expires_after_s == 60.0
        assert as_uas(asks(TIMER, ("Session-Expires", "1800")), 1800, 90)[0].expires_after_s == 1768.0


def pair(one: UserAgentConfig, other: UserAgentConfig) -> tuple[Network, Agent, Agent]:
    net = Network()
    return net, net.add("alice", one), net.add("bob", other)


QUICK = UserAgentConfig(session_expires_s=120)
NO_UPDATE = UserAgentConfig(session_expires_s=120, allow=("INVITE", "ACK", "CANCEL", "BYE", "PRACK"))


class TestRefreshing:
    """§7.4, §8, §10."""

    def test_caller_refreshes_by_update_and_nobody_is_troubled(self) -> None:
        net, alice, bob = pair(QUICK, QUICK)
        call, incoming = establish(net, alice, bob)
        net.run(600)
        assert net.titles(alice).count("UPDATE") in (9, 10)
        assert "UPDATE" not in net.titles(bob)
        assert bob.told(Reoffered) == alice.told(ReofferAnswered) == []
        assert alice.ua.phase(call) is bob.ua.phase(incoming) is Phase.ESTABLISHED

    def test_caller_refreshes_by_invite_with_the_same_description_when_update_is_not_allowed(self) -> None:
        net, alice, bob = pair(NO_UPDATE, NO_UPDATE)
        call, incoming = establish(net, alice, bob)
        net.run(300)
        assert net.titles(alice).count("INVITE") in (5, 6)
        assert bob.told(Reoffered) == alice.told(ReofferAnswered) == []
        assert alice.ua.phase(call) is bob.ua.phase(incoming) is Phase.ESTABLISHED

    def test_offer_of_the_application_waits_for_the_refresh_that_is_out(self) -> None:
        net, alice, bob = pair(QUICK, QUICK)
        call, _ = establish(net, alice, bob)
        net.lose = lambda message: message.title == "200 UPDATE"
        net.run(60.2)
        assert "UPDATE" in net.titles(alice)
        alice.ua.reoffer(call, net.now, hold(OFFER))
        net.run(0.1)
        assert net.titles(alice).count("INVITE") == 1
        net.lose = lambda message: False
        net.run(5)
        assert net.titles(alice).count("INVITE") == 2
        assert bob.last(Reoffered).sdp == hold(OFFER)

    def test_callee_refreshes_when_told_so(self) -> None:
        net, alice, bob = pair(UserAgentConfig(session_expires_s=None), QUICK)
        call, _ = establish(net, alice, bob, headers=[("Session-Expires", "120;refresher=uas")])
        net.run(300)
        assert "UPDATE" not in net.titles(alice)
        assert net.titles(bob).count("UPDATE") in (4, 5)
        assert alice.ua.phase(call) is Phase.ESTABLISHED

    def test_session_without_refresh_is_ended_by_both(self) -> None:
        net, alice, bob = pair(QUICK, QUICK)
        establish(net, alice, bob)
        net.lose = lambda message: True
        net.run(200)
        assert alice.last(Ended).cause == "session_expired"
        assert bob.last(Ended).cause == "session_expired"
        net.run(100)
        assert alice.ua.at_rest
        assert bob.ua.at_rest

    def test_refresh_that_loses_some_messages_survives(self) -> None:
        net, alice, bob = pair(QUICK, QUICK)
        call, incoming = establish(net, alice, bob)
        net.wire.loss = 0.3
        net.run(2000)
        assert alice.ua.phase(call) is bob.ua.phase(incoming) is Phase.ESTABLISHED


class TestTooSmall:
    """§6, §7.3: 422 and the second try."""

    def test_invite_is_repeated_with_the_longer_interval(self) -> None:
        net, alice, bob = pair(QUICK, UserAgentConfig(min_se_s=300))
        call = alice.invite(bob)
        net.run(0.2)
        assert net.titles()[:5] == ["INVITE", "100 INVITE", "422 INVITE", "ACK", "INVITE"]
        again = net.sent[4].parsed
        assert again.headers.get("Session-Expires") == "300"
        assert again.headers.get("Min-SE") == "300"
        assert str(again.cseq) == "2 INVITE"
        bob.ua.answer(bob.last(Invited).session, net.now, ANSWER)
        net.run(0.2)
        assert alice.last(Answered).session == call
        assert alice.told(Rejected) == []
        assert len(bob.told(Invited)) == 1
