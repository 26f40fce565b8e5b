"""Audio as it travels: RTP and RTCP (RFC 3550), telephone-events (RFC 4733), G.711 and tones."""
