"""The command lines: ``python -m simulators.<name> --help``."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from simulators.agent import Agent, Peer
from simulators.behaviour import Behaviour, Operator
from simulators.call import Call, CallError
from simulators.desk_phone import DeskPhone
from simulators.faults import Faults
from simulators.handset import HandsetProcess
from simulators.mobile_network import MobileNetwork
from simulators.network.imrn import ImrnNetwork
from simulators.network.isc import IscNetwork
from simulators.network_options import add_network_options, make_network, place_call
from simulators.pstn import Pstn

_FAULTS = ", ".join(field.name for field in fields(Faults))
_WHAT = {
    "desk_phone": "A desk phone that registers and calls through its registrar.",
    "pstn": "The PSTN behind a SIP trunk.",
    "mobile_network": "A mobile network with its handsets, in one of three modes.",
    "handset": "A handset of a simulated mobile network, as a process of its own.",
}


def main(name: str, arguments: list[str] | None = None) -> None:
    """Run one simulator until Ctrl-C, or as long as ``--calls`` or ``--for`` say; exit 1 when something
    failed."""
    options = parser(name).parse_args(arguments)
    try:
        sys.exit(asyncio.run(_run(name, options)))
    except (CallError, OSError, ValueError) as error:
        sys.exit(f"{name}: {error}")


def parser(name: str) -> argparse.ArgumentParser:
    """The options of one simulator."""
    parser = argparse.ArgumentParser(prog=f"python -m simulators.{name}", description=_WHAT[name])
    _where(parser, name)
    _who(parser, name)
    if name == "mobile_network":
        add_network_options(parser)
    what = parser.add_argument_group("what it does with a call")
    what.add_argument(
        "--answer-after", type=float, default=1.0, metavar="S", help="ring this long, then answer (1.0)"
    )
    what.add_argument("--no-answer", action="store_true", help="ring until the caller gives up")
    what.add_argument("--reject", type=int, metavar="STATUS", help="refuse with this status after ringing")
    what.add_argument("--early-media", action="store_true", help="its tone is heard while it rings (183)")
    what.add_argument(
        "--hold-after", type=float, metavar="S", help="hold the call this long after the answer"
    )
    what.add_argument("--resume-after", type=float, metavar="S", help="and resume it after this long")
    what.add_argument(
        "--keys", default="", metavar="DIGITS", help="press these keys once answered (RFC 4733)"
    )
    what.add_argument("--hang-up-after", type=float, metavar="S", help="hang up this long after the answer")
    voice = parser.add_argument_group("voice")
    voice.add_argument("--tone", type=int, metavar="HZ", help="say a sine of this frequency")
    voice.add_argument("--echo", action="store_true", help="send back what is heard")
    voice.add_argument("--expect-tone", type=int, metavar="HZ", help="fail when this tone is not heard")
    voice.add_argument("--rtp-ports", type=_range, metavar="A-B", help="ports for RTP (any)")
    faults = parser.add_argument_group("faults")
    faults.add_argument("--faults", type=_faults, default=Faults(), metavar="KIND=P,…", help=f"probabilities, e.g. refuse=0.1,lose=0.05, of {_FAULTS}")  # fmt: skip # noqa: E501
    faults.add_argument("--seed", type=int, default=0, help="the same seed makes the same faults (0)")
    parser.add_argument("--calls", type=int, metavar="N", help="end after N calls")
    parser.add_argument("--for", type=float, dest="seconds", metavar="S", help="end after this time")
    parser.add_argument("--quiet", action="store_true", help="print no ladder")
    return parser


def _where(parser: argparse.ArgumentParser, name: str) -> None:
    where = parser.add_argument_group("where")
    peer = "ADDRESS:PORT[/udp|tcp|tls]"
    if name == "desk_phone":
        where.add_argument(
            "--registrar", type=_peer, required=True, metavar=peer, help="the gateway's device port"
        )
        where.add_argument("--listen", type=_listen, default=("127.0.0.1", 0), metavar="ADDRESS:PORT")
    elif name == "handset":
        where.add_argument("--network", type=_peer, required=True, metavar=peer, help="its --handset-port")
        where.add_argument("--listen", type=_listen, default=("127.0.0.1", 0), metavar="ADDRESS:PORT")
    else:
        where.add_argument(
            "--gateway", type=_peer, required=True, metavar=peer, help="its port for this peer"
        )
        where.add_argument("--listen", type=_listen, required=True, metavar="ADDRESS:PORT")


def _who(parser: argparse.ArgumentParser, name: str) -> None:
    who = parser.add_argument_group("who")
    if name == "desk_phone":
        who.add_argument("--aor", required=True, metavar="USER@DOMAIN")
        who.add_argument("--password", required=True)
        who.add_argument("--username", help="for digest, when it is not the user of the AOR")
        who.add_argument("--expires", type=int, default=300, metavar="S", help="lifetime asked for (300)")
    elif name == "handset":
        who.add_argument("--msisdn", required=True, metavar="NUMBER", help="its number, E.164")
    who.add_argument("--call", metavar="DIGITS", help="call this once ready")
    if name in ("pstn", "mobile_network"):
        who.add_argument(
            "--from",
            dest="caller",
            metavar="NUMBER",
            help="who calls, E.164; in a mobile network a handset of it dials, anybody else calls a handset",
        )
    who.add_argument("--withhold", action="store_true", help="hide the number in that call")


def _peer(text: str) -> Peer:
    try:
        return Peer.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _listen(text: str) -> tuple[str, int]:
    peer = _peer(text)
    return peer.host, peer.port


def _faults(text: str) -> Faults:
    try:
        return Faults.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r}: expected FIRST-LAST")
    return int(first), int(last)


def _behaviour(options: argparse.Namespace) -> Behaviour:
    return Behaviour(
        answer_after_s=None if options.no_answer else options.answer_after,
        reject=options.reject,
        early_media=options.early_media,
        hold_after_s=options.hold_after,
        resume_after_s=options.resume_after,
        digits=options.keys,
        hang_up_after_s=options.hang_up_after,
        expect_hz=options.expect_tone,
    )


def _agent(name: str, options: argparse.Namespace, write: Callable[[str], None] | None) -> Agent:
    host, port = options.listen
    common: dict[str, Any] = {
        "host": host,
        "port": port,
        "tone_hz": options.tone,
        "echo": options.echo,
        "faults": options.faults,
        "seed": options.seed,
        "rtp_ports": options.rtp_ports,
        "write": write,
    }
    match name:
        case "desk_phone":
            return DeskPhone(
                registrar=options.registrar,
                aor=options.aor,
                password=options.password,
                username=options.username,
                expires_s=options.expires,
                **common,
            )
        case "handset":
            return HandsetProcess(network=options.network, msisdn=options.msisdn, **common)
        case "pstn":
            return Pstn(gateway=options.gateway, **common)
        case _:
            return make_network(options, common)


async def _run(name: str, options: argparse.Namespace) -> int:
    write = None if options.quiet else _print
    async with _agent(name, options, write) as agent:
        operator = Operator(_behaviour(options), _print, agent.fate)
        agent.behaviour = operator.receive
        await _make_ready(agent)
        host, port = agent.address
        _print(f"{agent.name} is ready on {host}:{port}")
        if options.call is not None:
            await operator.place(await _call(agent, options))
        await _until_done(operator, options)
        if isinstance(agent, DeskPhone):
            await agent.unregister()
        findings = agent.findings if isinstance(agent, ImrnNetwork | IscNetwork) else []
    for finding in findings:
        _print(f"the gateway failed: {finding}")
    return 1 if operator.failed or findings else 0


async def _make_ready(agent: Agent) -> None:
    if isinstance(agent, DeskPhone):
        await agent.registered()
    elif isinstance(agent, HandsetProcess):
        await agent.attached()


async def _call(agent: Agent, options: argparse.Namespace) -> Call:
    privacy = "id" if options.withhold else None
    if isinstance(agent, DeskPhone | HandsetProcess):
        return await agent.call(options.call, privacy=privacy)
    if options.caller is None:
        raise ValueError("--call needs --from, the number that calls")
    if isinstance(agent, MobileNetwork | IscNetwork):
        return await place_call(agent, options)
    assert isinstance(agent, Pstn)
    return await agent.call(options.call, caller=options.caller, withheld=options.withhold)


async def _until_done(operator: Operator, options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    deadline = None if options.seconds is None else loop.time() + options.seconds
    while not stop.is_set():
        if options.calls is not None and operator.done >= options.calls:
            return
        if deadline is not None and loop.time() >= deadline:
            return
        await asyncio.sleep(0.05)


def _print(line: str) -> None:
    print(line, flush=True)
