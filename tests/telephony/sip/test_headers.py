"""Typed header values: RFC 3261 §20 and the RFCs named at each class."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.grammar import quote, split_list, unquote
from hipper.telephony.sip.headers import (
    ChargingVector,
    ContentDisposition,
    ContentType,
    CSeq,
    EventHeader,
    MinSE,
    NameAddr,
    Privacy,
    RAck,
    Reason,
    Replaces,
    RetryAfter,
    SessionExpires,
    SubscriptionState,
    Via,
    Warning,
    is_call_id,
    lenient_seconds,
    parse_accept,
    parse_q,
    parse_reasons,
    parse_rseq,
)
from hipper.telephony.sip.quoted import Quoted
from hipper.telephony.sip.uri import SipUri, TelUri, parse_uri


class TestNameAddr:
    """RFC 3261 §20.10, §20.20, §25.1."""

    @pytest.mark.parametrize(
        ("text", "display_name", "uri", "params"),
        [
            ('"Alice" <sip:alice@h>;tag=88', "Alice", "sip:alice@h", {"tag": "88"}),
            ("Alice Smith <sip:alice@h>", "Alice Smith", "sip:alice@h", {}),
            ("Alice<sip:alice@h>", "Alice", "sip:alice@h", {}),
            ("<sip:alice@h;lr;x=1>;q=0.5 ; y", None, "sip:alice@h;lr;x=1", {"q": "0.5", "y": None}),
            ("<sip:alice@h> ", None, "sip:alice@h", {}),
            ("sip:alice@h;tag=1", None, "sip:alice@h", {"tag": "1"}),
            ("tel:+31201234567 ; tag = 9", None, "tel:+31201234567", {"tag": "9"}),
            (r'"A \"B\" \\ <sip:x>" <sip:a@h>', 'A "B" \\ <sip:x>', "sip:a@h", {}),
            ('"" <sip:a@h>', "", "sip:a@h", {}),
            (
                '<sip:a@h>;+sip.instance="<urn:uuid:1;2>"',
                None,
                "sip:a@h",
                {"+sip.instance": "<urn:uuid:1;2>"},
            ),
            ('<sip:a@h>;TAG=Ab;X="1,2"', None, "sip:a@h", {"tag": "Ab", "x": "1,2"}),
        ],
    )
    def test_parts(
        self, text: str, display_name: str | None, uri: str, params: dict[str, str | None]
    ) -> None:
        value = NameAddr.parse(text)
        assert (value.display_name, str(value.uri), value.params) == (display_name, uri, params)
        assert NameAddr.parse(str(value)) == value

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Alice",
            "<sip:a@h",
            "sip:a@h>",
            '"Alice <sip:a@h>',
            '"A" x <sip:a@h>',
            "A, B <sip:a@h>",
            "< sip:a@h>",
            "<sip:a@h >",
            "<sip:a@h> tag=1",
            "<sip:a@h>;",
            "<sip:a@h>;;tag=1",
            "<sip:a@h>;tag=",
            "<sip:a@h>;tag=1;tag=2",
            "sip:a@h?Route=x",
            "sip:a@h, sip:b@h",
            "<>",
            '<sip:a@h>;x="',
            "A\nB <sip:a@h>",
            "<sip:a@h>;tag=a b",
            "<sip:a@h>;a b=c",
            '<sip:a@h>;x="a"b',
        ],
    )
    def test_malformed(self, text: str) -> None:
        with pytest.raises(SipParseError):
            NameAddr.parse(text)

    def test_list_splits_outside_quotes_and_brackets(self) -> None:
        values = NameAddr.parse_list('"a, b" <sip:x,y@h>;q=0.1 , <sip:c@h>;z="1,2",sip:d@h')
        assert [str(value.uri) for value in values] == ["sip:x,y@h", "sip:c@h", "sip:d@h"]
        assert [value.q for value in values] == [0.1, 1.0, 1.0]

    def test_written(self) -> None:
        assert str(NameAddr(parse_uri("sip:a@h"), "Jan Jansen", {"tag": "1"})) == "Jan Jansen <sip:a@h>;tag=1"
        assert str(NameAddr(parse_uri("sip:a@h"), 'J. "X"')) == r'"J. \"X\"" <sip:a@h>'
        assert str(NameAddr(parse_uri("sip:a@h"), "Zoë")) == '"Zoë" <sip:a@h>'
        assert str(NameAddr(TelUri("+31"), None, {"x": "a b"})) == '<tel:+31>;x="a b"'
        assert str(NameAddr.parse('"Alice" <sip:a@h>;x="1"')) == '"Alice" <sip:a@h>;x="1"'

    def test_tag_is_changed_on_a_copy(self) -> None:
        value = NameAddr.parse("<sip:a@h>;x=1;tag=old")
        assert str(value.with_tag("new")) == "<sip:a@h>;x=1;tag=new"
        assert str(value.with_tag(None)) == "<sip:a@h>;x=1"
        assert str(value.with_params(y=None)) == "<sip:a@h>;x=1;tag=old;y"
        assert value.tag == "old"

    def test_expires_that_is_malformed_counts_as_absent(self) -> None:
        """RFC 3261 §10.3 step 7."""
        assert NameAddr.parse("<sip:a@h>;expires=60").expires == 60
        assert NameAddr.parse("<sip:a@h>;expires=soon").expires is None
        assert NameAddr.parse("<sip:a@h>;expires=99999999999").expires is None

    def test_display_name_may_hold_an_identity_of_any_kind(self) -> None:
        anonymous = NameAddr.parse('"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1')
        assert isinstance(anonymous.uri, SipUri)
        assert anonymous.uri.host == "anonymous.invalid"


class TestVia:
    """RFC 3261 §20.42, RFC 3581."""

    @pytest.mark.parametrize(
        ("text", "transport", "host", "port", "params"),
        [
            (
                "SIP/2.0/UDP h:5060;branch=z9hG4bK1;rport",
                "UDP",
                "h",
                5060,
                {"branch": "z9hG4bK1", "rport": None},
            ),
            ("SIP/2.0/tcp [2001:DB8::9]:5062;branch=z", "TCP", "2001:db8::9", 5062, {"branch": "z"}),
            (
                "SIP / 2.0 / TLS  host.example.com : 5061 ; branch = z",
                "TLS",
                "host.example.com",
                5061,
                {"branch": "z"},
            ),
            (
                "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z",
                "WSS",
                "df7jal23ls0d.invalid",
                None,
                {"branch": "z"},
            ),
            (
                "SIP/2.0/UDP 192.0.2.1;received=2001:db8::1;ttl=1",
                "UDP",
                "192.0.2.1",
                None,
                {"received": "2001:db8::1", "ttl": "1"},
            ),
        ],
    )
    def test_parts(
        self, text: str, transport: str, host: str, port: int | None, params: dict[str, str | None]
    ) -> None:
        via = Via.parse(text)
        assert (via.protocol, via.transport, via.sent_by, via.params) == (
            "SIP/2.0",
            transport,
            (host, port),
            params,
        )
        assert Via.parse(str(via)) == via

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "SIP/2.0/UDP",
            "SIP/2.0 h",
            "SIP/2.0/UDP ;branch=z",
            "SIP/2.0/UDP h:;branch=z",
            "SIP/2.0/UDP h;",
            "SIP/2.0/UDP h:99999",
            "SIP/2.0/UDP a b",
            "SIP/2.0/U(P h",
            "SIP/2.0/UDP h;branch=z;branch=y",
            "SIP/2.0/UDP 1.2.3.256",
            "UDP h",
        ],
    )
    def test_malformed(self, text: str) -> None:
        with pytest.raises(SipParseError):
            Via.parse(text)

    @pytest.mark.parametrize(
        ("params", "has_rport", "rport"),
        [
            ("", False, None),
            (";rport", True, None),
            (";rport=5070", True, 5070),
            (";rport=x", True, None),
            (";rport=70000", True, None),
        ],
    )
    def test_rport(self, params: str, has_rport: bool, rport: int | None) -> None:
        via = Via.parse("SIP/2.0/UDP h" + params)
        assert (via.has_rport, via.rport) == (has_rport, rport)

    def test_received_without_brackets(self) -> None:
        assert Via.parse("SIP/2.0/UDP h;received=[::1]").received == "::1"


class TestCSeq:
    """RFC 3261 §20.16, §8.1.1.5."""

    @pytest.mark.parametrize("text", ["4711 INVITE", "0 BYE", "2147483647 X-tra"])
    def test_read(self, text: str) -> None:
        assert str(CSeq.parse(text)) == text

    def test_leading_zeros_and_blanks(self) -> None:
        assert CSeq.parse("0009   INVITE") == CSeq(9, "INVITE")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "1",
            "INVITE",
            "x INVITE",
            "-1 BYE",
            "2147483648 BYE",
            "1 A B",
            "1 A/B",
            "١ BYE",
            "9" * 5000 + " A",
        ],
    )
    def test_malformed(self, text: str) -> None:
        with pytest.raises(SipParseError):
            CSeq.parse(text)


class TestReason:
    """RFC 3326."""

    def test_read(self) -> None:
        first, second = parse_reasons(['SIP ;cause=200 ;text="Call completed, elsewhere"', "Q.850;cause=16"])
        assert (first.protocol, first.cause, first.text) == ("SIP", 200, "Call completed, elsewhere")
        assert (second.protocol, second.cause, second.text) == ("Q.850", 16, None)

    def test_written(self) -> None:
        reason = Reason.of("SIP", 200, "Call completed elsewhere")
        assert str(reason) == 'SIP;cause=200;text="Call completed elsewhere"'

    def test_malformed_reasons_are_left_out(self) -> None:
        assert [reason.cause for reason in parse_reasons(["", ";;", "SIP;cause=x", "SIP;cause=486"])] == [
            None,
            486,
        ]


class TestSmallHeaders:
    def test_rack(self) -> None:
        """RFC 3262 §7.2."""
        rack = RAck.parse("776656 1 INVITE")
        assert (rack.rseq, rack.cseq, rack.method, str(rack)) == (776656, 1, "INVITE", "776656 1 INVITE")
        for text in ("", "1 2", "0 1 INVITE", "a 1 INVITE", "1 2147483648 INVITE", "1 1 INVITE x"):
            with pytest.raises(SipParseError):
                RAck.parse(text)

    def test_rseq(self) -> None:
        assert parse_rseq("4294967295") == 4294967295
        for text in ("0", "4294967296", "x"):
            with pytest.raises(SipParseError):
                parse_rseq(text)

    def test_session_timer(self) -> None:
        """RFC 4028."""
        expires = SessionExpires.parse("4000;refresher=UAC")
        assert (expires.seconds, expires.refresher) == (4000, "uac")
        assert str(SessionExpires.of(1800, "uas")) == "1800;refresher=uas"
        assert (MinSE.parse("90").seconds, str(MinSE.of(90))) == (90, "90")
        for text in ("", "x", "99999999999"):
            with pytest.raises(SipParseError):
                SessionExpires.parse(text)

    def test_replaces(self) -> None:
        """RFC 3891."""
        replaces = Replaces.parse("98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff;early-only")
        assert (replaces.call_id, replaces.to_tag, replaces.from_tag, replaces.early_only) == (
            "98732@sip.example.com",
            "ff87ff",
            "r33th4x0r",
            True,
        )
        assert Replaces.parse(str(Replaces.of("a@b", "t", "f"))) == Replaces.of("a@b", "t", "f")
        assert str(Replaces.of("a@b", "t", "f", early_only=True)) == "a@b;to-tag=t;from-tag=f;early-only"
        for text in ("a@b", "a@b;to-tag=1", "a@b;from-tag=1", "a b;to-tag=1;from-tag=2"):
            with pytest.raises(SipParseError):
                Replaces.parse(text)

    def test_privacy(self) -> None:
        """RFC 3323 §4.2, RFC 3325 §9.3."""
        privacy = Privacy.parse("header; ID;critical")
        assert privacy == {"header", "id", "critical"}
        assert str(privacy) == "header;id;critical"
        for text in ("", "id;;user", "i d"):
            with pytest.raises(SipParseError):
                Privacy.parse(text)

    def test_warning(self) -> None:
        """RFC 3261 §20.43."""
        warning = Warning.parse(r'370 devnull "Choose a \"bigger\" pipe"')
        assert (warning.code, warning.agent, warning.text) == (370, "devnull", 'Choose a "bigger" pipe')
        assert str(warning) == r'370 devnull "Choose a \"bigger\" pipe"'
        for text in ("", '1812 overture "x"', "370 host x", '370 "x"', '370 host "x" y', '37a host "x"'):
            with pytest.raises(SipParseError):
                Warning.parse(text)

    def test_retry_after(self) -> None:
        """RFC 3261 §20.33."""
        value = RetryAfter.parse("18000 (in a (long) meeting);duration=3600")
        assert (value.seconds, value.comment, value.params) == (
            18000,
            "in a (long) meeting",
            {"duration": "3600"},
        )
        assert str(value) == "18000 (in a (long) meeting);duration=3600"
        assert str(RetryAfter(5)) == "5"
        for text in ("", "x", "949302838503028349304023988", "5 (open"):
            with pytest.raises(SipParseError):
                RetryAfter.parse(text)

    def test_content_type(self) -> None:
        content_type = ContentType.parse('Multipart / Mixed ; Boundary="a b;c"')
        assert (content_type.media_type, content_type.is_multipart, content_type.boundary) == (
            "multipart/mixed",
            True,
            "a b;c",
        )
        assert [value.media_type for value in parse_accept("application/sdp;level=1, */*")] == [
            "application/sdp",
            "*/*",
        ]
        assert parse_accept("") == []
        for text in ("", "sdp", "application/", "a/b/c", "application/sdp;"):
            with pytest.raises(SipParseError):
                ContentType.parse(text)

    def test_content_disposition(self) -> None:
        assert not ContentDisposition.parse("Session;handling=optional").handling_required
        assert ContentDisposition.parse("session").handling_required

    def test_events(self) -> None:
        """RFC 6665 §8.2."""
        event = EventHeader.parse("refer;id=93809824")
        assert (event.package, event.id) == ("refer", "93809824")
        state = SubscriptionState.parse("Terminated;reason=timeout;retry-after=5")
        assert (state.state, state.reason, state.expires) == ("terminated", "timeout", None)

    def test_charging_vector(self) -> None:
        """RFC 7315 §4.6."""
        text = 'icid-value="1234bc9876e";icid-generated-at=192.0.6.8;orig-ioi=home1.net'
        vector = ChargingVector.parse(text)
        assert (vector.icid, vector.orig_ioi, vector.term_ioi, str(vector)) == (
            "1234bc9876e",
            "home1.net",
            None,
            text,
        )
        with pytest.raises(SipParseError):
            ChargingVector.parse("orig-ioi=home1.net")

    @pytest.mark.parametrize(
        ("text", "value"), [(None, 1.0), ("0", 0.0), ("0.333", 0.333), ("1.000", 1.0), ("1.", 1.0)]
    )
    def test_q(self, text: str | None, value: float) -> None:
        assert parse_q(text) == value

    @pytest.mark.parametrize("text", ["", "2", "1.1", "0.3333", "-0.1", ".5", "0.x", "1e3", "nan", "0.٣"])
    def test_bad_q(self, text: str) -> None:
        with pytest.raises(SipParseError):
            parse_q(text)

    def test_lenient_seconds(self) -> None:
        values = [
            lenient_seconds(text) for text in ("3600", "007", "", "x", "4294967295", "4294967296", None)
        ]
        assert values == [3600, 7, None, None, 4294967295, None, None]

    def test_call_id(self) -> None:
        assert is_call_id("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{")
        assert not any(is_call_id(text) for text in ("", "a b", "a@b@c", "@", "a@", "é"))


class TestGrammar:
    def test_quoting_round_trip(self) -> None:
        for text in ("", "plain", 'a "quoted" \\ word', "\\", '"', "\0\t"):
            assert unquote(quote(text)) == text

    def test_quoted_is_the_text_itself(self) -> None:
        assert Quoted("a") == "a"

    @pytest.mark.parametrize("text", ["a,", ",a", "a,,b", ",", 'a,"b', "a,<b"])
    def test_bad_lists(self, text: str) -> None:
        with pytest.raises(SipParseError):
            split_list(text)


class TestLimits:
    def test_values_of_one_line(self) -> None:
        with pytest.raises(SipParseError, match="Too many values"):
            split_list(",".join("a" * 257))

    def test_parameters_of_one_value(self) -> None:
        with pytest.raises(SipParseError, match="Too many parameters"):
            NameAddr.parse("<sip:a@h>" + "".join(f";p{n}" for n in range(65)))


class TestIdentityAndHistory:
    """Headers of networks that are name-addrs with parameters."""

    def test_p_served_user(self) -> None:
        """RFC 5502."""
        served = NameAddr.parse("<sip:+31612345678@ims.example>;sescase=orig;regstate=reg")
        assert (str(served.uri), served.params) == (
            "sip:+31612345678@ims.example",
            {"sescase": "orig", "regstate": "reg"},
        )

    def test_diversion(self) -> None:
        """RFC 5806."""
        text = '"Al" <sip:+31201@h>;reason=no-answer;counter=2;privacy="full", <tel:+31202>;reason=user-busy'
        first, second = NameAddr.parse_list(text)
        assert (first.params["reason"], first.params["counter"], first.params["privacy"]) == (
            "no-answer",
            "2",
            "full",
        )
        assert str(second.uri) == "tel:+31202"

    def test_history_info(self) -> None:
        """RFC 7044: the cause of a diversion is in the URI, a Reason in its headers."""
        text = "<sip:bob@h;cause=486?Reason=SIP%3Bcause%3D486>;index=1.1;rc=1, <sip:carol@h>;index=1.2;mp=1.1"
        first, second = NameAddr.parse_list(text)
        assert isinstance(first.uri, SipUri)
        assert (first.uri.params, first.uri.headers) == ({"cause": "486"}, (("Reason", "SIP;cause=486"),))
        assert [value.params["index"] for value in (first, second)] == ["1.1", "1.2"]

    def test_refer_to_with_replaces(self) -> None:
        """RFC 3891 §6: the Replaces is escaped into the URI."""
        refer_to = NameAddr.parse(
            "<sip:bob@h?Replaces=12345%40192.168.118.3%3Bto-tag%3D12345%3Bfrom-tag%3D5FFE-3994>"
        )
        assert isinstance(refer_to.uri, SipUri)
        assert Replaces.parse(refer_to.uri.headers[0][1]) == Replaces.of(
            "12345@192.168.118.3", "12345", "5FFE-3994"
        )

    def test_referred_by(self) -> None:
        """RFC 3892."""
        text = '<sip:referror@h>;cid="20398823.2UWQFN309shb3@h"'
        assert NameAddr.parse(text).params["cid"] == "20398823.2UWQFN309shb3@h"
        assert str(NameAddr.parse(text)) == text
