"""Tickets open one console, once, for a while."""

import pytest

from synnefo.kit.faults import BadRequest, ServiceUnavailable
from synnefo.node.console_tickets import Ticket, Tickets

TOKEN = "t" * 32
SCREEN = Ticket("unix:/run/vnc.sock", "server-1")


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_ticket_opens_its_screen_once() -> None:
    tickets = Tickets()
    tickets.issue(TOKEN, SCREEN, 60)
    assert tickets.redeem(TOKEN) == SCREEN
    assert tickets.redeem(TOKEN) is None


def test_a_ticket_expires() -> None:
    tickets = Tickets(now=(clock := Clock()))
    tickets.issue(TOKEN, SCREEN, 60)
    clock.now += 61
    assert tickets.redeem(TOKEN) is None


def test_no_ticket_lives_longer_than_the_gateway_allows() -> None:
    tickets = Tickets(longest=30, now=(clock := Clock()))
    tickets.issue(TOKEN, SCREEN, 86400)
    clock.now += 31
    assert tickets.redeem(TOKEN) is None


def test_an_unknown_token_opens_nothing() -> None:
    assert Tickets().redeem("x" * 32) is None


def test_short_tokens_and_spent_lifetimes_are_refused() -> None:
    tickets = Tickets()
    with pytest.raises(BadRequest):
        tickets.issue("short", SCREEN, 60)
    with pytest.raises(BadRequest):
        tickets.issue(TOKEN, SCREEN, 0)


def test_waiting_tickets_are_limited_and_expired_ones_make_room() -> None:
    tickets = Tickets(most=2, now=(clock := Clock()))
    tickets.issue("a" * 32, SCREEN, 10)
    tickets.issue("b" * 32, SCREEN, 100)
    with pytest.raises(ServiceUnavailable):
        tickets.issue("c" * 32, SCREEN, 10)
    clock.now += 11
    tickets.issue("c" * 32, SCREEN, 10)
    assert tickets.redeem("c" * 32) == SCREEN


def test_revoking_a_server_spares_the_others() -> None:
    tickets = Tickets()
    tickets.issue("a" * 32, SCREEN, 60)
    tickets.issue("b" * 32, Ticket("unix:/x", "server-2"), 60)
    tickets.revoke("server-1")
    assert tickets.redeem("a" * 32) is None
    assert tickets.redeem("b" * 32) is not None
