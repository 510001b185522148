"""Which network addresses belong to the public internet, and which lead behind our own walls."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# `ipaddress` calls some of these global: Azure's own host (168.63.129.16), the relays of 6to4.
# https://www.iana.org/assignments/iana-ipv4-special-registry
NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
# Nothing else is routed, whatever the registry has given away.
PUBLIC_V6 = IPv6Network("2000::/3")
# Protocol assignments with Teredo among them, documentation, and 6to4, which hides an IPv4 address.
NOT_PUBLIC_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
# An IPv4 address stands in the last four bytes: mapped, and translated by a NAT64.
HOLD_V4 = tuple(map(IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))


def is_public(address: Address) -> bool:
    """Whether anybody could reach it; an IPv4 address within an IPv6 one is judged as itself."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_V4)
    if any(address in network for network in HOLD_V4):
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in PUBLIC_V6 and not any(address in network for network in NOT_PUBLIC_V6)
