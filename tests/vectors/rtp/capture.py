"""Makes the files beside it: what a real rtpengine sends to a party that hears a 440 Hz wav file (PCMA).

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
from hipper.telephony.ng.client import NgClient, NgReply
from hipper.telephony.ng.replies import play_duration_s
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

    pair = {"call_id": "tone", "from_tag": "A"}
    offer = make_offer(Capabilities(address="127.0.0.1", port=21400, session_id=1))
    to_b = ask(commands.offer(**pair, sdp=str(offer))).reply
    answer = make_answer(str(to_b["sdp"]), Capabilities(address="127.0.0.1", port=21402, session_id=2))
    ask(commands.answer(**pair, to_tag="B", sdp=str(answer)))
    rtp, rtcp = bind(21400), bind(21401)
    heard: dict[socket.socket, list[bytes]] = {rtp: [], rtcp: []}
    end = time.monotonic() + play_duration_s(ask(commands.play_media(**pair, file=wav)).reply) + 5
    while (left := end - time.monotonic()) > 0:
        for sock in select.select([rtp, rtcp], [], [], left)[0]:
            heard[sock].append(sock.recv(2048))
    ask(commands.delete(**pair))
    for name, sock in (("rtpengine-440hz-pcma.rtp", rtp), ("rtpengine.rtcp", rtcp)):
        (HERE / name).write_bytes(b"".join(len(data).to_bytes(2) + data for data in heard[sock]))
        print(name, len(heard[sock]), "datagrams")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
