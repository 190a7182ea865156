from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.destinations import DestinationRefused, Destinations
from archive.errors import InvalidInput


def named(*addresses: str, hosts: tuple[str, ...] = ()) -> Destinations:
    return Destinations(hosts, lambda _host, _port: addresses)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.4.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.8",
        "64:ff9b::a00:8",
        "2002:a00:8::1",
    ],
)
def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    with pytest.raises(DestinationRefused):
        named(address).address("motcua.example.vn", 443)
    with pytest.raises(DestinationRefused):
        named("203.119.8.8", address).address("motcua.example.vn", 443)


def test_a_public_name_is_connected_to_at_the_address_that_was_looked_at() -> None:
    assert named("203.119.8.8").address("motcua.example.vn", 443) == "203.119.8.8"
    with pytest.raises(DestinationRefused):
        named().address("motcua.example.vn", 443)


def test_a_listed_name_may_be_inside_but_never_link_local() -> None:
    listed = ("motcua.example.vn", "*.hanoi.example.vn", "10.8.0.0/16")
    assert named("10.1.1.1", hosts=listed).address("MotCua.example.vn.", 443) == "10.1.1.1"
    assert named("192.168.7.7", hosts=listed).address("so.hanoi.example.vn", 443) == "192.168.7.7"
    assert named("10.8.3.3", hosts=listed).address("khac.example.vn", 443) == "10.8.3.3"
    for host, address in (
        ("motcua.example.vn", "169.254.169.254"),
        ("khac.example.vn", "10.9.0.1"),
        ("khac.example.vn", "203.119.8.8"),
        ("hanoi.example.vn", "10.1.1.1"),
        ("xhanoi.example.vn", "10.1.1.1"),
    ):
        with pytest.raises(DestinationRefused):
            named(address, hosts=listed).address(host, 443)


@pytest.mark.parametrize(
    "url",
    [
        "http://motcua.example.vn/",
        "ftp://motcua.example.vn/",
        "https://",
        "https://motcua.example.vn:0/",
        "https://motcua.example.vn:99999/",
        "https://lan@motcua.example.vn/",
        "https://motcua.example.vn/#phan",
        "https://motcua.example.vn/một-cửa",
        "https://motcua.example.vn/a b",
        "https://motcua.example.vn/\r\nHost: khac",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "http://localhost.example.vn/",
        "https://motcua.example.vn/" + "a" * 500,
        "",
    ],
)
def test_an_address_that_may_not_be_is_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(InvalidInput):
        Destinations().check(url)


def test_with_a_list_only_what_is_on_it_passes() -> None:
    listed = Destinations(("motcua.example.vn", "127.0.0.1"))
    assert listed.check("https://motcua.example.vn:8443/hook?tu=kho").port == 8443
    assert listed.check("http://127.0.0.1:9000/hook").port == 9000
    for other in ("https://10.0.0.1/", "http://10.0.0.1/", "https://203.119.8.8/", "http://[::1]/"):
        with pytest.raises(InvalidInput):
            listed.check(other)
    with pytest.raises(InvalidInput):
        Destinations(("motcua.example.vn",)).check("https://khac.example.vn/")


@given(st.integers(0, 2**32 - 1))
def test_no_disguise_opens_an_address_that_is_closed_by_itself(number: int) -> None:
    plain = IPv4Address(number)
    open_by_itself = _opens(str(plain))
    for disguise in (
        IPv6Address(f"::ffff:{plain}"),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80) | 1),
    ):
        assert _opens(str(disguise)) <= open_by_itself


def _opens(address: str) -> bool:
    try:
        return bool(named(address).address("motcua.example.vn", 443))
    except DestinationRefused:
        return False
