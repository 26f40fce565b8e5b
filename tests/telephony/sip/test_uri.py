"""URIs: RFC 3261 §19.1, RFC 3966, RFC 5954."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.uri import OpaqueUri, SipUri, TelUri, parse_uri


class TestSipUriRead:
    """RFC 3261 §19.1.1 and §19.1.3."""

    @pytest.mark.parametrize(
        ("text", "user", "password", "host", "port", "params"),
        [
            ("sip:alice@atlanta.com", "alice", None, "atlanta.com", None, {}),
            ("sip:alice:secret@atlanta.com;x=tcp", "alice", "secret", "atlanta.com", None, {"x": "tcp"}),
            ("sip:+1-212:1234@gw.com;user=phone", "+1-212", "1234", "gw.com", None, {"user": "phone"}),
            ("sip:1212@gateway.com", "1212", None, "gateway.com", None, {}),
            ("sip:alice@192.0.2.4:5062", "alice", None, "192.0.2.4", 5062, {}),
            ("sip:atlanta.com;method=REGISTER", None, None, "atlanta.com", None, {"method": "REGISTER"}),
            ("sip:alice;day=tuesday@atlanta.com", "alice;day=tuesday", None, "atlanta.com", None, {}),
            ("sip:[2001:DB8::1]:5060;lr", None, None, "2001:db8::1", 5060, {"lr": None}),
            ("sip:a%40b@EXAMPLE.com;Name=v%20w", "a@b", None, "example.com", None, {"name": "v w"}),
            ("sip:host_1.internal:5080", None, None, "host_1.internal", 5080, {}),
            ("sip:example.com.", None, None, "example.com.", None, {}),
        ],
    )
    def test_parts(
        self,
        text: str,
        user: str | None,
        password: str | None,
        host: str,
        port: int | None,
        params: dict[str, str | None],
    ) -> None:
        uri = SipUri.parse(text)
        assert (uri.user, uri.password, uri.host, uri.port, uri.params) == (
            user,
            password,
            host,
            port,
            params,
        )
        assert str(uri) == text

    def test_headers(self) -> None:
        uri = SipUri.parse("sips:alice@atlanta.com?subject=project%20x&priority=urgent")
        assert uri.headers == (("subject", "project x"), ("priority", "urgent"))
        assert uri.is_secure

    @pytest.mark.parametrize(
        "text",
        [
            "sip:",
            "sip:@h",
            "sip:a@b@h",
            "sip:a b@h",
            "sip:alice@",
            "sip:a@ex ample",
            "sip:a@h:port",
            "sip:a@h:70000",
            "sip:a@[::1",
            "sip:a@[::g]",
            "sip:a@1.2.3.400",
            "sip:a@1.2.3",
            "sip:a@h;",
            "sip:a@h;;lr",
            "sip:a@h;lr;lr",
            'sip:a@h;x="q"',
            "sip:a@h?x",
            "sip:a@h?",
            "sip:%zz@h",
            "sip:a%4@h",
            "sip:a@[fe80::1%eth0]",
            "sip:a:p;w@h",
            "sip:a@" + "h" * 300,
            "sip:<a>@h",
            "sip:é@h",
            "sip:a@-h",
            "alice@h",
            " sip:a@h",
            "sip:a@h\n",
            "sip:a@h\r\nX: y",
            "sip:" + "a" * 5000 + "@h",
        ],
    )
    def test_malformed(self, text: str) -> None:
        with pytest.raises(SipParseError):
            parse_uri(text)

    def test_too_many_headers(self) -> None:
        with pytest.raises(SipParseError, match="Too many headers"):
            SipUri.parse("sip:a@h?" + "&".join(f"h{n}=1" for n in range(65)))

    def test_only_sip_schemes(self) -> None:
        with pytest.raises(SipParseError, match="Not a sip"):
            SipUri.parse("tel:+31")

    @pytest.mark.parametrize("scheme", ["tel:+", "urn:"])
    def test_too_long(self, scheme: str) -> None:
        with pytest.raises(SipParseError, match="too long"):
            parse_uri(scheme + "1" * 5000)

    def test_too_many_parameters(self) -> None:
        with pytest.raises(SipParseError, match="Too many parameters"):
            SipUri.parse("sip:a@example.com" + "".join(f";p{n}" for n in range(65)))


class TestSipUriMade:
    def test_escapes_what_must_be(self) -> None:
        uri = SipUri(
            user="a b@c",
            host="::1",
            port=5060,
            params={"x": "1 2", "lr": None},
            headers=(("Route", "<sip:r>"),),
        )
        assert str(uri) == "sip:a%20b%40c@[::1]:5060;x=1%202;lr?Route=%3Csip:r%3E"
        assert SipUri.parse(str(uri)).equivalent(uri)

    def test_changes_leave_the_original(self) -> None:
        uri = SipUri.parse("sip:a@example.com;x=1")
        assert str(uri.with_params(lr=None, transport="tcp")) == "sip:a@example.com;x=1;lr;transport=tcp"
        assert str(uri.without_params("x")) == "sip:a@example.com"
        assert str(uri.replace(user="b", port=5070)) == "sip:b@example.com:5070;x=1"
        assert str(SipUri.parse("sip:a@h;x?y=z").without_headers()) == "sip:a@h;x"
        assert str(SipUri.parse("sip:a:pw@h:5070;x?y=z").aor) == "sip:a@h:5070"
        assert str(uri) == "sip:a@example.com;x=1"

    def test_password(self) -> None:
        assert str(SipUri(user="a", password="p:w", host="h")) == "sip:a:p%3Aw@h"

    def test_properties(self) -> None:
        uri = SipUri.parse("sip:[::1]:5061;transport=TLS;lr")
        assert (uri.transport, uri.lr, uri.is_ipv6, uri.host_port) == ("tls", True, True, "[::1]:5061")


class TestEquivalence:
    """The examples of RFC 3261 §19.1.4."""

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
            ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
            ("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0:0:0:0:1]"),
        ],
    )
    def test_equivalent(self, one: str, other: str) -> None:
        assert SipUri.parse(one).equivalent(SipUri.parse(other))
        assert SipUri.parse(other).equivalent(SipUri.parse(one))

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
            ("sip:bob@biloxi.com", "sips:bob@biloxi.com"),
            ("sip:bob@biloxi.com", "sip:bob:pw@biloxi.com"),
            ("sip:bob@biloxi.com", "sip:biloxi.com"),
            ("sip:a%2Bb@biloxi.com", "sip:a+b@biloxi.com"),
            ("sip:bob@biloxi.com;maddr=192.0.2.1", "sip:bob@biloxi.com"),
        ],
    )
    def test_not_equivalent(self, one: str, other: str) -> None:
        assert not SipUri.parse(one).equivalent(SipUri.parse(other))
        assert not SipUri.parse(other).equivalent(SipUri.parse(one))

    def test_equality_is_of_the_text(self) -> None:
        assert SipUri.parse("sip:a@h") == SipUri.parse("sip:a@h")
        assert SipUri.parse("sip:a@h") != SipUri.parse("sip:a@H")
        assert len({SipUri.parse("sip:a@h"), SipUri.parse("sip:a@h")}) == 1


class TestTelUri:
    """RFC 3966."""

    def test_global(self) -> None:
        uri = parse_uri("tel:+31-20-123(45).67;ext=12")
        assert isinstance(uri, TelUri)
        assert (uri.number, uri.is_global, uri.params) == ("+31201234567", True, {"ext": "12"})
        assert str(uri) == "tel:+31-20-123(45).67;ext=12"

    def test_local(self) -> None:
        uri = TelUri.parse("tel:*21#;phone-context=example.com")
        assert (uri.number, uri.is_global, uri.phone_context) == ("*21#", False, "example.com")

    def test_equivalence(self) -> None:
        one = TelUri.parse("tel:+31-20;isub=a;ext=1-2")
        assert one.equivalent(TelUri.parse("TEL:+3120;ext=12;isub=A"))
        assert not one.equivalent(TelUri.parse("tel:+3120;ext=12"))
        assert not one.equivalent(TelUri.parse("tel:3120;ext=12;isub=a"))

    @pytest.mark.parametrize("text", ["tel:", "tel:+", "tel:+31x", "tel:abc xyz", "tel:+31;;x", "tel:---"])
    def test_malformed(self, text: str) -> None:
        with pytest.raises(SipParseError):
            parse_uri(text)

    def test_made(self) -> None:
        assert str(TelUri("+3120", {"phone-context": "+31"})) == "tel:+3120;phone-context=+31"


class TestOpaqueUri:
    def test_equivalence(self) -> None:
        assert OpaqueUri.parse("URN:service:sos").equivalent(OpaqueUri.parse("urn:service:sos"))
        assert not OpaqueUri.parse("urn:service:sos").equivalent(OpaqueUri.parse("urn:service:fire"))
        assert not OpaqueUri.parse("urn:service:sos").equivalent(TelUri("+31"))

    @pytest.mark.parametrize(
        "text", ["urn:service:sos.police", "http://h/a?b=c#d", "mailto:a@b", "isbn:29837"]
    )
    def test_kept_whole(self, text: str) -> None:
        uri = parse_uri(text)
        assert isinstance(uri, OpaqueUri)
        assert str(uri) == text
        assert f"{uri.scheme}:{uri.rest}" == text

    @pytest.mark.parametrize(
        "text", ["", ":", "urn:", "1urn:x", "u rn:x", "urn:a b", "urn:<b>", "*", "urn:\0"]
    )
    def test_malformed(self, text: str) -> None:
        with pytest.raises(SipParseError):
            parse_uri(text)
