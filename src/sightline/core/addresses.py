"""Which addresses of the network a server may call for somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from sightline.core.errors import AddressRefusedError, SettingsError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def networks(given: Sequence[str]) -> tuple[Network, ...]:
    """Read networks as in `10.0.0.0/8`.

    Raises:
        SettingsError: One is none.
    """
    try:
        return tuple(ip_network(one) for one in given)
    except ValueError as error:
        raise SettingsError(f"not a network: {error}", hint="as in 10.1.0.0/16") from None


def checked_address(text: str, *, allowed: Sequence[Network] = ()) -> Address:
    """Give an address that may be called: any public one, and those of networks that are allowed by name.

    An IPv4 address inside an IPv6 one (mapped, 6to4, Teredo) is judged by both: it leads where either leads.

    Raises:
        AddressRefusedError: It is private, loopback, link-local (cloud metadata lies there), multicast or reserved.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        raise AddressRefusedError(
            f"not an address of the network: {text!r}", hint="give an IP address, as in 192.168.1.7"
        ) from None
    inner = _inside(address)
    if any(
        one in network for network in allowed for one in (address, *inner) if one.version == network.version
    ):
        return address
    if not all(_is_public(one) for one in (address, *inner) if one not in _WRAPPERS):
        raise AddressRefusedError(
            f"{address} is not a public address", hint="an admin can allow its network in the settings"
        )
    return address


def _is_public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast or address.is_reserved
    )  # ::127.0.0.1 is but reserved


class _Wrappers:
    """Networks whose addresses are but another way to write an IPv4 address, which is what counts."""

    _networks = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self._networks if network.version == address.version)


_WRAPPERS = _Wrappers()


def _inside(address: Address) -> tuple[IPv4Address, ...]:
    if isinstance(address, IPv4Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in ip_network("64:ff9b::/96"):
        found.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)
