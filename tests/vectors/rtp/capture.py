"""Makes the files beside it: what a real rtpengine sends to a party that hears a 440 Hz file, and digits.

    sox -n -r 8000 -c 1 -b 16 tone.wav synth 1 sine 440
    rtpengine --config-file=none --foreground --log-stderr --table=-1 --interface=127.0.0.1 \\
        --listen-ng=127.0.0.1:21100 --port-min=21200 --port-max=21300
    python tests/vectors/rtp/capture.py 127.0.0.1 21100 tone.wav

Every datagram has its length before it, 16 bits, as in RFC 4571.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from pathlib import Path

from hipper.telephony.ng import commands
from hipper.telephony.ng.bencode import Encodable
from hipper.telephony.ng.client import NgClient, NgReply
from hipper.telephony.ng.replies import play_duration_s
from hipper.telephony.rtp.packet import RtpSender
from hipper.telephony.sdp.description import SessionDescription
from hipper.telephony.sdp.offer_answer import Capabilities, make_answer, make_offer

HERE = Path(__file__).parent


def bind(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", port))
    return sock


def main(host: str, port: int, wav: str) -> None:
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    control.connect((host, port))
    control.settimeout(2)
    client = NgClient("rtp-vector")

    def ask(command: commands.Command) -> NgReply:
        client.request(command, time.monotonic())
        control.send(client.datagrams_to_send()[0])
        client.receive_datagram(control.recv(65535), time.monotonic())
        event = client.next_event()
        assert isinstance(event, NgReply)
        return event

    def set_up(call_id: str, **more: Encodable) -> int:
        """Both parties on 21400 and 21402; the port of rtpengine to which the second sends."""
        offer = make_offer(Capabilities(address="127.0.0.1", port=21400, session_id=1))
        to_b = ask(commands.offer(call_id=call_id, from_tag="A", sdp=str(offer)) | more).reply
        answer = make_answer(str(to_b["sdp"]), Capabilities(address="127.0.0.1", port=21402, session_id=2))
        ask(commands.answer(call_id=call_id, from_tag="A", to_tag="B", sdp=str(answer)) | more)
        audio = SessionDescription.parse(str(to_b["sdp"])).audio
        assert audio is not None
        return audio.port

    rtp, rtcp, other = bind(21400), bind(21401), bind(21402)
    set_up("tone")
    duration = play_duration_s(ask(commands.play_media(call_id="tone", from_tag="A", file=wav)).reply)
    heard = listen([rtp, rtcp], duration + 5)
    ask(commands.delete(call_id="tone"))
    write("rtpengine-440hz-pcma.rtp", heard[rtp])
    write("rtpengine.rtcp", heard[rtcp])

    port = set_up("digits", flags=["trust address", "inject DTMF"])
    sender = RtpSender(ssrc=1, sequence=1, timestamp=0)
    digits = {10: "9", 40: "#"}
    heard_digits: list[bytes] = []
    for n in range(80):
        other.sendto(sender.packet(b"\xd5" * 160, payload_type=8, duration=160), (host, port))
        if n in digits:
            play = {
                "command": "play DTMF",
                "call-id": "digits",
                "from-tag": "B",
                "code": digits[n],
                "duration": 200,
            }
            ask(play)
        heard_digits += listen([rtp], 0.02)[rtp]
    ask(commands.delete(call_id="digits"))
    write("rtpengine-digits-9-hash.rtp", heard_digits)


def listen(socks: list[socket.socket], seconds: float) -> dict[socket.socket, list[bytes]]:
    heard: dict[socket.socket, list[bytes]] = {sock: [] for sock in socks}
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for sock in select.select(socks, [], [], left)[0]:
            heard[sock].append(sock.recv(2048))
    return heard


def write(name: str, datagrams: list[bytes]) -> None:
    (HERE / name).write_bytes(b"".join(len(data).to_bytes(2) + data for data in datagrams))
    print(name, len(datagrams), "datagrams")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
