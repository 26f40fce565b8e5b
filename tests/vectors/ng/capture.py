"""Makes the files beside it: requests and replies of one anchored call, exchanged with a real rtpengine.

    rtpengine --config-file=none --foreground --log-stderr --table=-1 --interface=127.0.0.1 \\
        --listen-ng=127.0.0.1:21100 --port-min=21200 --port-max=21300
    python tests/vectors/ng/capture.py 127.0.0.1 21100 <wav file that rtpengine can read>
"""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

from hipper.telephony.ng import commands
from hipper.telephony.ng.client import NgClient, NgReply

HERE = Path(__file__).parent
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=sendrecv\r\na=ptime:20\r\n"
)
FIXED = commands.MediaProfile(fixed_source=True, address_family="IP4", transcode=("PCMU",))


def main(host: str, port: int, wav: str) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((host, port))
    sock.settimeout(2)
    client = NgClient("vector")
    pair = {"call_id": "pair-1"}
    both = {"from_tag": "A", "to_tag": "B"}
    for name, command in (
        ("ping", commands.ping()),
        ("offer", commands.offer(**pair, from_tag="A", sdp=SDP.format(port=21400))),
        ("answer", commands.answer(**pair, **both, sdp=SDP.format(port=21402))),
        (
            "reoffer",
            commands.offer(**pair, from_tag="A", to_tag="B", sdp=SDP.format(port=21404), profile=FIXED),
        ),
        ("block_media", commands.block_media(**pair, from_tag="B")),
        ("play_media", commands.play_media(**pair, from_tag="A", file=wav, repeat_times=2)),
        ("play_media_missing", commands.play_media(**pair, from_tag="A", file="/nonexistent.wav")),
        ("stop_media", commands.stop_media(**pair, from_tag="A")),
        ("unblock_media", commands.unblock_media(**pair, from_tag="B")),
        ("block_all", commands.block_media(**pair)),
        ("unblock_all", commands.unblock_media(**pair)),
        ("query", commands.query(**pair)),
        ("list", commands.list_calls(limit=8)),
        ("delete", commands.delete(**pair, from_tag="A")),
        ("query_unknown", commands.query(**pair)),
    ):
        client.request(command, time.monotonic())
        (request,) = client.datagrams_to_send()
        sock.send(request)
        reply = sock.recv(65535)
        client.receive_datagram(reply, time.monotonic())
        event = client.next_event()
        assert isinstance(event, NgReply), (name, event, reply)
        print(name, f"{event.elapsed_s * 1000:.1f} ms", event.reply)
        (HERE / f"{name}.request").write_bytes(request)
        (HERE / f"{name}.reply").write_bytes(reply)
        sock.send(request)  # the same cookie again: rtpengine must answer from its memory
        assert sock.recv(65535) == reply, f"{name}: another reply to the same cookie"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
