"""RFC 3550 appendices A.1 (validity), A.3 (loss) and A.8 (jitter)."""

from __future__ import annotations

import pytest

from hipper.telephony.rtp.packet import RtpPacket
from hipper.telephony.rtp.statistics import MAX_DROPOUT, ReceiveStatistics
from tests.telephony.rtp.datagrams import read_datagrams


def feed(statistics: ReceiveStatistics, sequences: list[int]) -> list[bool]:
    return [statistics.update(number % 65536, 160 * n, 0.02 * n) for n, number in enumerate(sequences)]


def test_a1_source_is_on_probation_until_two_packets_follow_each_other() -> None:
    statistics = ReceiveStatistics()
    assert feed(statistics, [10, 500, 501, 502]) == [False, False, True, True]
    assert (statistics.received, statistics.expected, statistics.lost) == (2, 2, 0)


def test_a3_loss_in_total_and_since_the_last_report() -> None:
    statistics = ReceiveStatistics()
    feed(statistics, [*range(100, 111), *range(121, 131)])
    assert (statistics.received, statistics.expected, statistics.lost) == (20, 30, 10)
    first = statistics.report(1)
    assert (first.lost, first.fraction_lost) == (10, 10 * 256 // 30)
    feed(statistics, list(range(131, 141)))
    second = statistics.report(1)
    assert (second.lost, second.fraction_lost, second.highest) == (10, 0, 140)


def test_a3_duplicates_make_the_loss_negative_but_no_fraction() -> None:
    statistics = ReceiveStatistics()
    feed(statistics, [1, 2, 3, 3, 3])
    report = statistics.report(1)
    assert (report.lost, report.fraction_lost) == (-2, 0)


def test_sequence_numbers_wrap() -> None:
    statistics = ReceiveStatistics()
    feed(statistics, list(range(65530, 65546)))
    assert statistics.highest == 65536 + 9
    assert statistics.lost == 0


def test_a_late_packet_counts_and_moves_nothing_back() -> None:
    statistics = ReceiveStatistics()
    assert feed(statistics, [1, 2, 3, 5, 4, 6])[4]
    assert (statistics.highest, statistics.lost) == (6, 0)


def test_a_late_packet_across_the_wrap() -> None:
    statistics = ReceiveStatistics()
    feed(statistics, [65533, 65534, 65536, 65535, 65537])
    assert (statistics.highest, statistics.lost) == (65537, 0)


def test_a1_one_wild_packet_is_refused_and_two_in_a_row_restart() -> None:
    statistics = ReceiveStatistics()
    accepted = feed(statistics, [1, 2, 3, 3 + MAX_DROPOUT + 50, 4, 20000, 20001, 20002])
    assert accepted == [False, True, True, False, True, False, True, True]
    assert (statistics.received, statistics.expected, statistics.highest) == (2, 2, 20002)


def test_a8_steady_stream_has_no_jitter() -> None:
    statistics = ReceiveStatistics()
    feed(statistics, list(range(50)))
    assert statistics.jitter <= 1


def test_a8_jitter_by_hand() -> None:
    statistics = ReceiveStatistics(clock_rate=8000)
    for number, arrival in enumerate([0.0, 0.02, 0.05, 0.06]):
        statistics.update(number, 160 * number, arrival)
    # The second packet begins; the third is 80 units late, the fourth 80 early: 80/16, then += (80 - 5)/16.
    assert statistics.jitter_ms == pytest.approx((5 + 75 / 16) / 8)
    assert statistics.jitter == 9


def test_a8_jitter_does_not_depend_on_where_the_clocks_began() -> None:
    """The sender's timestamps begin anywhere, and wrap."""
    begun = ReceiveStatistics(clock_rate=8000)
    for number, arrival in enumerate([1000.0, 1000.02, 1000.05, 1000.06]):
        begun.update(number, (2**32 - 200 + 160 * number) % 2**32, arrival)
    assert begun.jitter_ms == pytest.approx((5 + 75 / 16) / 8)


def test_nothing_received_reports_nothing() -> None:
    report = ReceiveStatistics().report(5)
    assert (report.lost, report.fraction_lost, report.highest, report.jitter) == (0, 0, 0, 0)


def test_rtpengines_tone_arrives_whole() -> None:
    statistics = ReceiveStatistics()
    for n, datagram in enumerate(read_datagrams("rtpengine-440hz-pcma.rtp")):
        packet = RtpPacket.parse(datagram)
        statistics.update(packet.sequence, packet.timestamp, 0.02 * n)
    assert (statistics.received, statistics.lost) == (49, 0)
