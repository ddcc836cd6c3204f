import pytest

from sightline.core.addresses import checked_address, networks
from sightline.core.errors import AddressRefusedError, SettingsError


@pytest.mark.parametrize(
    "text", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:8.8.8.8"]
)
def test_a_public_address_may_be_called(text):
    assert checked_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.5.4", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "localhost", "", "1.2.3",
    ],
)  # fmt: skip
def test_an_address_inside_is_refused_however_it_is_written(text):
    with pytest.raises(AddressRefusedError):
        checked_address(text)


def test_a_network_can_be_allowed_by_name():
    allowed = networks(["10.1.0.0/16", "fd00::/8"])
    assert str(checked_address("10.1.2.3", allowed=allowed)) == "10.1.2.3"
    assert checked_address("fd00::1", allowed=allowed)
    with pytest.raises(AddressRefusedError):
        checked_address("10.2.0.1", allowed=allowed)


def test_what_is_no_network_is_refused():
    with pytest.raises(SettingsError, match="not a network"):
        networks(["10.1.0.0/99"])
