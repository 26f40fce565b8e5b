"""The NG control protocol of rtpengine: a cookie, a space and a bencoded dictionary per UDP datagram."""
