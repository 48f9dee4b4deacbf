# SPDX-License-Identifier: Apache-2.0
"""The query names, and the zones that answer them: master files and lists of names, generated from seeds."""

import random
import string

API_DOMAIN = "execute-api.eu-west-1.amazonaws.com"
API_ADDRESSES = ["10.0.12.179", "10.0.140.226"]
RECORDS_DOMAIN = "bench.internal"
# As long as the other address, so that answers have equal length.
PARTNER_DOMAIN = "names-of-a-partner-zone.example.com"
MAX_NAMES_ASKED = 1_000_000
TTL = 60
_HEAD = """$ORIGIN {domain}.
$TTL {ttl}
@ SOA ns hostmaster 1 7200 900 1209600 60
@ NS ns
ns A 127.0.0.1
"""


class WildcardNames:
    """Random names below a wildcard with two addresses. Subclasses define the domain."""

    domain = None
    stem = None  # of the file names
    ttl = TTL

    def __init__(self, folder, count=10_000, seed=53):
        self.zone = folder / f"{self.stem}.zone"
        self.zone.write_text(_HEAD.format(domain=self.domain, ttl=self.ttl)
                             + "".join(f"* A {address}\n" for address in API_ADDRESSES))
        draw = random.Random(seed)
        alphabet = string.ascii_lowercase + string.digits
        self.all = ["".join(draw.choices(alphabet, k=10)) + "." + self.domain for _ in range(count)]
        self.names = folder / f"{self.stem}.names"
        self.names.write_text("".join(f"{name} A\n" for name in self.all))
        self.probes = [(name, sorted(API_ADDRESSES)) for name in self.all[:2]]


class ApiNames(WildcardNames):
    """The names of an interface endpoint, or of a peer's rule."""

    domain = API_DOMAIN
    stem = "api"
    wildcard = True


class PartnerNames(WildcardNames):
    """A zone that servers forward to. Cached answers stay valid for the whole run."""

    domain = PARTNER_DOMAIN
    stem = "partner"
    wildcard = False  # inlet53d serves it as a hosted zone
    ttl = 86_400


class ZoneRecords:
    """A zone of `count` random names with one address each, queried in random order."""

    domain = RECORDS_DOMAIN
    wildcard = False

    def __init__(self, folder, count, seed=53):
        self.count = count
        self.zone = folder / f"records-{count}.zone"
        self.names = folder / f"records-{count}.names"
        draw = random.Random(seed)
        asked = set(draw.sample(range(count), min(count, MAX_NAMES_ASKED)))
        owners = []
        with open(self.zone, "w") as zone:
            zone.write(_HEAD.format(domain=RECORDS_DOMAIN, ttl=TTL))
            for i in range(count):
                owner = record_owner(i)
                zone.write(f"{owner} A {record_address(i)}\n")
                if i in asked:
                    owners.append(owner)
        draw.shuffle(owners)
        with open(self.names, "w") as names:
            names.writelines(f"{owner}.{RECORDS_DOMAIN} A\n" for owner in owners)
        self.probes = [(f"{record_owner(i)}.{RECORDS_DOMAIN}", [record_address(i)]) for i in (0, count - 1)]

    def records(self):
        """Returns (name, address) of each record, for servers that read no master file."""
        for i in range(self.count):
            yield f"{record_owner(i)}.{RECORDS_DOMAIN}", record_address(i)


def record_owner(number):
    """Returns ten hexadecimal digits, unique for each number: odd multiplications and shifts are invertible."""
    mixed = number * 0x9E3779B97F & 0xFFFFFFFFFF
    mixed = (mixed ^ mixed >> 17) * 0xC2B2AE3D27 & 0xFFFFFFFFFF
    return f"{mixed ^ mixed >> 21:010x}"


def record_address(number):
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
