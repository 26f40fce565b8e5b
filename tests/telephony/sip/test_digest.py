"""Digest: RFC 7616 (with its examples), RFC 2617 §3.5, RFC 8760, RFC 3261 §22."""

from __future__ import annotations

import pytest

from hipper.telephony.sip.digest import Bad, DigestClient, DigestServer, Ok, Stale, ha1, user_hash
from hipper.telephony.sip.digest_values import Challenge, Computation, Credentials, parse_challenges
from hipper.telephony.sip.errors import SipParseError
from hipper.telephony.sip.message import Headers, Request, Response

REALM = "example.com"
URI = "sip:example.com"
STORED = {
    ("bob", "MD5"): ha1("bob", REALM, "zanzibar", "MD5"),
    ("bob", "SHA-256"): ha1("bob", REALM, "zanzibar", "SHA-256"),
}


def lookup(username: str, algorithm: str) -> str | None:
    return STORED.get((username, algorithm))


def server(**options: object) -> DigestServer:
    return DigestServer(REALM, b"k" * 32, **options)  # type: ignore[arg-type]


def challenged(origin: DigestServer, now: float = 100.0, status: int = 401) -> Response:
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    return Response(
        status, headers=Headers([(name, str(challenge)) for challenge in origin.make_challenges(now)])
    )


def register(*headers: tuple[str, str], body: bytes = b"") -> Request:
    return Request("REGISTER", URI, Headers(headers), body)


def check(
    origin: DigestServer, request: Request, now: float = 100.0, uri: str = URI
) -> Ok | Stale | Bad | None:
    credentials = origin.find(request)
    if credentials is None:
        return None
    return origin.check(credentials, request.method, uri, request.body, lookup, now)


def authorized(
    client: DigestClient, response: Response, cnonce: str = "0a4f113b", body: bytes = b""
) -> Request:
    request = register(body=body)
    for name, value in client.authorize(request, response, cnonce=cnonce):
        request.headers.add(name, value)
    return request


class TestVectors:
    @pytest.mark.parametrize(
        ("algorithm", "response"),
        [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ],
    )
    def test_rfc_7616_3_9_1(self, algorithm: str, response: str) -> None:
        computation = Computation(
            algorithm,
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "00000001",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "auth",
            "GET",
            "/dir/index.html",
            b"",
        )
        stored = ha1("Mufasa", "http-auth@example.org", "Circle of Life", algorithm)
        assert computation.response(stored) == response

    def test_rfc_7616_3_9_2_user_hash(self) -> None:
        assert (
            user_hash("Jäsøn Doe", "api@example.org", "SHA-512-256")
            == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
        )

    def test_rfc_2617_3_5(self) -> None:
        computation = Computation(
            "MD5",
            "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            "00000001",
            "0a4f113b",
            "auth",
            "GET",
            "/dir/index.html",
            b"",
        )
        stored = ha1("Mufasa", "testrealm@host.com", "Circle Of Life")
        assert computation.response(stored) == "6629fae49393a05397450978507c4ef1"

    def test_rfc_2069_without_qop(self) -> None:
        """RFC 2617's nonce in the old form; the value follows from its definition KD(H(A1), nonce:H(A2))."""
        old = Computation("MD5", "n", None, None, None, "REGISTER", URI, b"")
        a2 = ha1("REGISTER", "sip", "example.com")
        assert old.response(STORED[("bob", "MD5")]) == ha1(STORED[("bob", "MD5")], "n", a2)

    def test_auth_int_covers_the_body_and_sess_the_nonces(self) -> None:
        base = ("n", "00000001", "c")
        one = Computation("MD5", *base, "auth-int", "REGISTER", URI, b"a")
        assert one.response("s") != one._replace(body=b"b").response("s")
        session = one._replace(algorithm="MD5-sess")
        assert session.response("s") == one.response(ha1("s", "n", "c"))


class TestChallenges:
    def test_strongest_first(self) -> None:
        """RFC 8760 §2.4."""
        first, second = server().make_challenges(1.0)
        assert (first.algorithm, second.algorithm) == ("SHA-256", "MD5")
        assert str(first).startswith('Digest realm="example.com", nonce="')
        assert str(first).endswith('algorithm=SHA-256, qop="auth"')

    def test_read(self) -> None:
        challenge = Challenge.parse(
            'digest realm="a, \\"b\\"" , nonce="n,=", qop="auth, auth-int",opaque="",stale=TRUE'
            ', algorithm="SHA-256"'
        )
        assert (challenge.realm, challenge.nonce, challenge.qop) == ('a, "b"', "n,=", ("auth", "auth-int"))
        assert (challenge.opaque, challenge.stale, challenge.algorithm) == ("", True, "SHA-256")
        assert Challenge.parse(str(challenge)).nonce == "n,="

    def test_several_on_one_line(self) -> None:
        line = 'Basic realm="x", Digest realm="a",nonce="1", Digest realm="b", nonce="2",algorithm=MD5'
        found = parse_challenges([line, 'Digest realm="open', "Digest realm=c, nonce=3", "Digest x"])
        assert [(one.scheme, one.realm, one.nonce) for one in found] == [
            ("Basic", "x", ""),
            ("Digest", "a", "1"),
            ("Digest", "b", "2"),
            ("Digest", "c", "3"),
        ]

    @pytest.mark.parametrize(
        "text", ["", "Digest x", "Digest a=1, a=2", 'Digest a="x', "Di(gest a=1", "Digest " + "a=1," * 80]
    )
    def test_malformed(self, text: str) -> None:
        with pytest.raises(SipParseError):
            Credentials.parse(text)


class TestBothRoles:
    @pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "MD5-sess", "SHA-256-sess"])
    @pytest.mark.parametrize("qop", [("auth",), ("auth-int",), ()])
    def test_right_password(self, algorithm: str, qop: tuple[str, ...]) -> None:
        origin = server(algorithms=(algorithm,), qop=qop)
        request = authorized(DigestClient("bob", "zanzibar"), challenged(origin), body=b"v=0")
        assert check(origin, request) == Ok("bob")

    @pytest.mark.parametrize(("username", "password"), [("bob", "wrong"), ("eve", "zanzibar"), ("", "")])
    def test_wrong_password_or_user(self, username: str, password: str) -> None:
        origin = server()
        result = check(origin, authorized(DigestClient(username, password), challenged(origin)))
        assert result == Bad("Wrong username or password")

    def test_client_takes_the_topmost_it_knows(self) -> None:
        response = challenged(server())
        unknown = 'Digest realm="example.com",nonce="x",algorithm=SHA3-999'
        response.headers.prepend("WWW-Authenticate", unknown)
        request = authorized(DigestClient("bob", "zanzibar"), response)
        assert "algorithm=SHA-256" in (request.headers.get("Authorization") or "")

    def test_an_old_phone_takes_md5(self) -> None:
        origin = server()
        response = challenged(origin)
        response.headers.set("WWW-Authenticate", response.headers.get_all("WWW-Authenticate")[1])
        assert check(origin, authorized(DigestClient("bob", "zanzibar"), response)) == Ok("bob")

    def test_proxy_authentication(self) -> None:
        origin = server()
        request = authorized(DigestClient("bob", "zanzibar"), challenged(origin, status=407))
        assert origin.find(request) is None
        credentials = origin.find(request, proxy=True)
        assert credentials is not None
        assert origin.check(credentials, "REGISTER", URI, b"", lookup, 100.0) == Ok("bob")

    def test_client_gives_up_when_refused(self) -> None:
        origin = server()
        client = DigestClient("bob", "wrong")
        request = authorized(client, challenged(origin))
        assert client.authorize(request, challenged(origin), cnonce="c") == ()
        stale = Response(
            401, headers=Headers([("WWW-Authenticate", str(origin.make_challenges(1.0, stale=True)[0]))])
        )
        assert len(client.authorize(request, stale, cnonce="c")) == 1

    def test_client_gives_the_opaque_back(self) -> None:
        response = Response(
            401, headers=Headers([("WWW-Authenticate", str(Challenge(REALM, "n", opaque="o")))])
        )
        assert 'opaque="o"' in (
            authorized(DigestClient("b", "p"), response).headers.get("Authorization") or ""
        )

    def test_client_goes_past_credentials_it_cannot_read(self) -> None:
        request = register(("Authorization", 'Digest realm="example.com'))
        assert len(DigestClient("bob", "p").authorize(request, challenged(server()), cnonce="c")) == 1

    def test_client_without_a_challenge_it_knows(self) -> None:
        response = Response(401, headers=Headers([("WWW-Authenticate", 'Basic realm="x"')]))
        assert DigestClient("bob", "x").authorize(register(), response, cnonce="c") == ()

    def test_client_counts_and_preempts(self) -> None:
        origin = server()
        client = DigestClient("bob", "zanzibar")
        assert check(origin, authorized(client, challenged(origin))) == Ok("bob")
        second = register(*client.preempt(register(), cnonce="d"))
        assert "nc=00000002" in (second.headers.get("Authorization") or "")
        assert check(origin, second) == Ok("bob")

    def test_userhash(self) -> None:
        """RFC 7616 §3.4.4: the name is not in the request."""
        origin = server(userhash=True, algorithms=("SHA-256",))
        request = authorized(DigestClient("bob", "zanzibar"), challenged(origin))
        assert "bob" not in (request.headers.get("Authorization") or "")
        credentials = origin.find(request)
        assert credentials is not None
        names = {user_hash("bob", REALM, "SHA-256"): "bob"}
        result = origin.check(
            credentials, "REGISTER", URI, b"", lookup, 100.0, unhash=lambda text, _: names.get(text)
        )
        assert result == Ok("bob")
        assert check(origin, request) == Bad("Wrong username or password")

    def test_extended_username(self) -> None:
        assert Credentials.parse("Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe").username == "Jäsøn Doe"
        with pytest.raises(SipParseError):
            _ = Credentials.parse("Digest username*=KOI8''x").username


class TestNonces:
    def request(self, origin: DigestServer, issued: float = 100.0) -> Request:
        return authorized(DigestClient("bob", "zanzibar"), challenged(origin, issued))

    def test_a_replay_is_stale(self) -> None:
        origin = server()
        request = self.request(origin)
        assert [check(origin, request), check(origin, request)] == [Ok("bob"), Stale("bob")]

    def test_without_qop_a_nonce_serves_once(self) -> None:
        origin = server(qop=())
        request = self.request(origin)
        assert [check(origin, request), check(origin, request)] == [Ok("bob"), Stale("bob")]

    @pytest.mark.parametrize("nonce", ["x", "A" * 38, "A" * 37 + "!", "!" * 38, "====" * 9 + "==", "é" * 38])
    def test_what_is_no_nonce_of_ours_is_stale(self, nonce: str) -> None:
        response = Response(401, headers=Headers([("WWW-Authenticate", str(Challenge(REALM, nonce)))]))
        assert check(server(), authorized(DigestClient("bob", "zanzibar"), response)) == Stale("bob")

    def test_an_old_nonce_is_stale(self) -> None:
        origin = server(nonce_lifetime_s=60.0)
        assert check(origin, self.request(origin), now=160.0) == Ok("bob")
        assert check(origin, self.request(origin), now=161.0) == Stale("bob")

    def test_a_nonce_of_the_future_or_of_another_key_is_stale(self) -> None:
        origin = server()
        assert check(origin, self.request(origin), now=99.0) == Stale("bob")
        assert check(DigestServer(REALM, b"other"), self.request(origin)) == Stale("bob")

    def test_wrong_password_is_never_stale(self) -> None:
        origin = server()
        request = authorized(DigestClient("bob", "wrong"), challenged(origin))
        assert isinstance(check(origin, request, now=100_000.0), Bad)

    def test_verdicts_of_one_user_differ(self) -> None:
        assert Ok("bob") != Stale("bob")

    def test_a_nonce_is_right_for_its_lifetime_after_weeks_of_uptime(self) -> None:
        origin = server(nonce_lifetime_s=60.0)
        assert check(origin, self.request(origin, 3e6), now=3e6 + 59.9) == Ok("bob")
        assert check(origin, self.request(origin, 3e6), now=3e6 + 60.1) == Stale("bob")

    def test_two_clients_at_the_same_instant_have_their_own(self) -> None:
        origin = server()
        one, two = self.request(origin), self.request(origin)
        assert [check(origin, one), check(origin, two)] == [Ok("bob"), Ok("bob")]

    def test_counts_may_overtake_each_other_within_the_window(self) -> None:
        origin = server()
        client = DigestClient("bob", "zanzibar")
        requests = [authorized(client, challenged(origin))]
        requests += [register(*client.preempt(register(), cnonce="c")) for _ in range(200)]
        order = [3, 1, 2, 1, 0, 3, 100, 40, 40, 37, 36, 200, 0]
        results = [isinstance(check(origin, requests[index]), Ok) for index in order]
        expected = [True, True, True, False, True, False, True, True, False, True, False, True, False]
        assert results == expected

    def test_the_table_is_bounded_and_forgets_safely(self) -> None:
        origin = server(max_nonces=8)
        requests = [self.request(origin, 100.0 + index) for index in range(20)]
        assert all(check(origin, request, now=130.0) == Ok("bob") for request in requests)
        assert len(origin._counts) <= 8
        assert all(check(origin, request, now=130.0) == Stale("bob") for request in requests)

    def test_failures_take_no_memory(self) -> None:
        origin = server()
        for _ in range(50):
            check(origin, authorized(DigestClient("bob", "wrong"), challenged(origin)))
        assert origin._counts == {}


class TestForm:
    """RFC 7616 §3.4: what makes no sense is 400, what we did not offer is challenged again."""

    def result(self, **changes: str | None) -> Ok | Stale | Bad | None:
        origin = server()
        request = authorized(DigestClient("bob", "zanzibar"), challenged(origin))
        params: dict[str, str | None] = {}
        params.update(Credentials.parse(request.headers.get("Authorization") or "").params)
        params.update(changes)
        kept = {name: value for name, value in params.items() if value is not None}
        return origin.check(Credentials(kept), "REGISTER", URI, b"", lookup, 100.0)

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"nonce": None}, 400),
            ({"uri": None}, 400),
            ({"response": None}, 400),
            ({"cnonce": None}, 400),
            ({"nc": None}, 400),
            ({"nc": "00000000"}, 400),
            ({"nc": "1"}, 400),
            ({"nc": "zzzzzzzz"}, 400),
            ({"uri": "sip:other.example.com"}, 400),
            ({"username*": "X''y"}, 400),
            ({"realm": "other"}, 401),
            ({"algorithm": "SHA-512-256"}, 401),
            ({"qop": "auth-int"}, 401),
            ({"response": "ü"}, 401),
            ({"nonce": "ü" * 38}, 401),
        ],
    )
    def test_refused(self, changes: dict[str, str | None], status: int) -> None:
        result = self.result(**changes)
        assert isinstance(result, Bad)
        assert result.status == status

    def test_right_answer_with_a_qop_that_was_not_offered(self) -> None:
        origin, other = server(), server(qop=("auth-int",))
        request = authorized(DigestClient("bob", "zanzibar"), challenged(other))
        assert check(other, request) == Ok("bob")
        assert check(origin, request) == Bad("qop was not offered")

    def test_no_qop_is_no_way_around_auth_int(self) -> None:
        origin, old = server(qop=("auth-int",)), server(qop=())
        request = authorized(DigestClient("bob", "zanzibar"), challenged(old))
        assert check(old, request) == Ok("bob")
        assert check(origin, request) == Bad("qop is missing")

    def test_uri_may_lack_parameters_and_port(self) -> None:
        origin = server()
        request = authorized(DigestClient("bob", "zanzibar"), challenged(origin))
        assert check(origin, request, uri="sip:EXAMPLE.com:5060;transport=tcp") == Ok("bob")

    @pytest.mark.parametrize("uri", ["sip:other.example.com", "tel:+31", "not a uri", "sip:eve@example.com"])
    def test_uri_of_another_target(self, uri: str) -> None:
        origin = server()
        request = authorized(DigestClient("bob", "zanzibar"), challenged(origin))
        assert check(origin, request, uri=uri) == Bad("Authorization: uri is not that of the request", 400)

    def test_uri_that_is_no_sip_uri(self) -> None:
        origin = server()
        request = Request("OPTIONS", "tel:+31201234567")
        for name, value in DigestClient("bob", "zanzibar").authorize(request, challenged(origin), cnonce="c"):
            request.headers.add(name, value)
        assert check(origin, request, uri="tel:+31-20-1234567") == Ok("bob")

    def test_response_in_capitals(self) -> None:
        origin = server()
        request = authorized(DigestClient("bob", "zanzibar"), challenged(origin))
        credentials = origin.find(request)
        assert credentials is not None
        credentials.params["response"] = credentials.params["response"].upper()
        assert origin.check(credentials, "REGISTER", URI, b"", lookup, 100.0) == Ok("bob")

    def test_other_realms_and_schemes_are_not_ours(self) -> None:
        request = register(
            ("Authorization", "NoOneKnowsThisScheme opaque-data=here"),
            ("Authorization", 'Digest realm="elsewhere", nonce="1"'),
            ("Authorization", 'Digest realm="broken'),
        )
        assert server().find(request) is None
