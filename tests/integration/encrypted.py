# SPDX-License-Identifier: Apache-2.0
"""An inlet53d with DNS over TLS and HTTPS, and connections to it."""

import socket
import ssl
import struct

import dns.message

from support import DEADLINE, TOPOLOGY, Daemon, free_endpoint

PORTS = """  {{ protocol = "udp", port = 53, prefix_list = "on-premises" }},
"""
MORE_PORTS = PORTS + """  {{ protocol = "tcp", port = 853, prefix_list = "on-premises" }},
  {{ protocol = "tcp", port = 443, prefix_list = "on-premises" }},
"""


class EncryptedDaemon(Daemon):
    """The daemon of the other tests, with DoT and DoH at both addresses."""

    def __init__(self, folder, *, protocols=("Do53", "DoH", "DoT"), tls="", more="", **arguments):
        self.protocols = list(protocols)
        self.dot, self.doh = free_endpoint(), free_endpoint()
        self.others = {"dot": free_endpoint(), "doh": free_endpoint()}
        super().__init__(folder, more=f"{more}\n[tls]\n{tls}\n", **arguments)

    def write_config(self, **changes):
        self.values.update(changes)
        text = TOPOLOGY.replace(PORTS, MORE_PORTS)
        words = ", ".join(f'"{word}"' for word in self.protocols)
        text = text.replace('direction = "{direction}"\n', 'direction = "{direction}"\nprotocols = [%s]\n' % words)
        for place, endpoints in (("a", {"dot": self.dot, "doh": self.doh}), ("b", self.others)):
            listens = "".join('listen_%s = "%s:%d"\n' % (protocol.lower(), *endpoints[protocol.lower()])
                              for protocol in self.protocols if protocol != "Do53")
            text = text.replace('listen = "{listen_%s}"\n' % place, 'listen = "{listen_%s}"\n' % place + listens)
        self.config_file.write_text(text.format(**self.values))

    @property
    def authority(self):
        return self.folder / "authority" / "ca.pem"

    def context(self, protocols=()):
        """Returns a TLS context that trusts only the daemon's authority."""
        context = ssl.create_default_context(cafile=self.authority)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    def connect(self, endpoint=None, *, context=None, source="127.0.0.1", session=None):
        """Opens a TLS connection to the DoT address."""
        endpoint = endpoint or self.dot
        plain = socket.create_connection(endpoint, timeout=DEADLINE, source_address=(source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return (context or self.context()).wrap_socket(plain, server_hostname=endpoint[0], session=session)

    def counts(self):
        """Returns the last line of statistics, after the daemon has ended."""
        line = [line for line in self.messages().splitlines() if "statistics:" in line][-1]
        return {key: int(value) for key, value in (word.split("=") for word in line.split() if "=" in word)}


def framed(name, rdtype="A", ident=None, **options):
    query = dns.message.make_query(name, rdtype, **options)
    if ident is not None:
        query.id = ident
    wire = query.to_wire()
    return struct.pack("!H", len(wire)) + wire


def read_exactly(stream, size):
    data = b""
    while len(data) < size:
        more = stream.recv(size - len(data))
        if not more:
            return None
        data += more
    return data


def read_message(stream):
    head = read_exactly(stream, 2)
    if head is None:
        return None
    return dns.message.from_wire(read_exactly(stream, struct.unpack("!H", head)[0]))


def is_closed(stream):
    """Reads until the peer closes; returns true if it closes without an answer."""
    try:
        return stream.recv(1) == b""
    except (ConnectionResetError, ssl.SSLError):
        return True
