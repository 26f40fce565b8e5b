"""The options of ``python -m simulators.mobile_network``: what each mode needs, and the network they make."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any, TypeAlias

from simulators.call import Call
from simulators.mobile_network import MobileNetwork
from simulators.network.imrn import ImrnNetwork
from simulators.network.isc import IscNetwork

Network: TypeAlias = "MobileNetwork | IscNetwork"
KEY_VARIABLE = "HIPPER_IMRN_API_KEY"


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Groups of options, one for each mode."""
    every = parser.add_argument_group("mobile network")
    every.add_argument("--mode", choices=("trunk", "isc", "imrn"), default="trunk", help="how calls reach the gateway: a SIP trunk, an S-CSCF with filter criteria, or an SCP that asks for routing numbers (trunk)")  # fmt: skip # noqa: E501
    every.add_argument("--handset", action="append", default=[], metavar="NUMBER", help="a handset of ours, E.164; may be repeated")  # fmt: skip # noqa: E501
    every.add_argument("--handset-port", type=int, metavar="PORT", help="UDP port for handsets that are processes of their own")  # fmt: skip # noqa: E501
    every.add_argument("--domain", default="ims.example", help="home domain of the users (ims.example)")
    every.add_argument("--records", type=Path, metavar="FILE", help="append call data records, as JSON lines")
    trunk = parser.add_argument_group("mode trunk")
    trunk.add_argument("--loop-guard-header", default="X-Hipper-Loop-Guard", metavar="NAME")
    trunk.add_argument("--loop-guard-prefix", metavar="DIGITS", help="instead of the header")
    trunk.add_argument("--terminating-prefix", default="99", metavar="DIGITS")
    trunk.add_argument("--terminating-group", metavar="TGRP", help="instead of the prefix (RFC 4904)")
    isc = parser.add_argument_group("mode isc")
    isc.add_argument("--server", default="sip:fmc.example;lr", metavar="URI", help="the gateway as the filter criteria name it: its own_uri (sip:fmc.example;lr)")  # fmt: skip # noqa: E501
    isc.add_argument("--conference-factory", action="append", default=[], metavar="URI", help="of the network's own conference server; may be repeated")  # fmt: skip # noqa: E501
    isc.add_argument("--max-loops", type=int, default=30, metavar="N", help="visits to the gateway after which a loop is ended with 482 (30)")  # fmt: skip # noqa: E501
    isc.add_argument(
        "--no-record-route", action="store_true", help="requests within dialogs pass the S-CSCF by"
    )
    imrn = parser.add_argument_group("mode imrn")
    imrn.add_argument("--imrn-url", metavar="URL", help="of the gateway, http://127.0.0.1:8080/v1/mobile-network/imrn")  # fmt: skip # noqa: E501
    imrn.add_argument("--imrn-key", metavar="KEY", help=f"its imrn_api_key (or in {KEY_VARIABLE})")
    imrn.add_argument("--ask-timeout", type=float, default=1.0, metavar="S", help="after which calls go on without the gateway (1.0)")  # fmt: skip # noqa: E501
    imrn.add_argument("--no-icid", action="store_true", help="INVITEs carry no P-Charging-Vector")


def make_network(options: argparse.Namespace, common: dict[str, Any]) -> Network:
    """The network of these options. Raises ValueError for what its mode still needs."""
    every = {
        "gateway": options.gateway, "domain": options.domain, "handset_port": options.handset_port,
        "records": options.records, **common,
    }  # fmt: skip
    network = _of_mode(options, every)
    for number in options.handset:
        network.handset(number)
    return network


def _of_mode(options: argparse.Namespace, every: dict[str, Any]) -> Network:
    if options.mode == "isc":
        factories = options.conference_factory or [f"sip:mmtel@conf-factory.{options.domain}"]
        return IscNetwork(
            server=options.server, conference_factories=tuple(factories), max_loops=options.max_loops,
            record_route=not options.no_record_route, **every,
        )  # fmt: skip
    every |= {
        "loop_guard_header": options.loop_guard_header,
        "loop_guard_prefix": options.loop_guard_prefix,
        "terminating_prefix": options.terminating_prefix,
        "terminating_trunk_group": options.terminating_group,
    }
    if options.mode == "trunk":
        return MobileNetwork(**every)
    key = options.imrn_key or os.environ.get(KEY_VARIABLE)
    if options.imrn_url is None or key is None:
        raise ValueError(f"--mode imrn needs --imrn-url, and --imrn-key or {KEY_VARIABLE}")
    return ImrnNetwork(
        imrn_url=options.imrn_url, imrn_key=key, ask_timeout_s=options.ask_timeout,
        with_icid=not options.no_icid, **every,
    )  # fmt: skip


async def place_call(network: Network, options: argparse.Namespace) -> Call:
    """``--call`` by ``--from``: a handset of ours dials, or somebody else calls a handset."""
    privacy = "id" if options.withhold else None
    if options.caller in options.handset or options.caller in network.attached:
        return await network.originate(options.caller, options.call, privacy=privacy)
    return await network.terminate(options.call, caller=options.caller, withheld=options.withhold)
