"""A port for a server that is told it before it binds it: nobody else may get it meanwhile."""

import itertools
import socket

from headroom.testing import free_port, ports


def given_by_the_system():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_system_gives_these_ports_to_nobody():
    ours = [free_port() for _ in range(200)]
    assert max(ours) < min(given_by_the_system() for _ in range(200))


def test_each_is_another_and_can_be_bound_with_the_next_one_to_it():
    ours = [free_port() for _ in range(200)]
    assert len(set(ours) | {port + 1 for port in ours}) == 400
    with socket.socket() as server:
        server.bind(("127.0.0.1", ours[-1]))


def test_a_taken_one_is_passed_over(monkeypatch):
    taken = free_port()
    with socket.socket() as server:
        server.bind(("127.0.0.1", taken))
        monkeypatch.setattr(ports, "_walk", itertools.count(taken - ports._FIRST, 2))
        assert free_port() != taken


def test_processes_side_by_side_begin_far_apart():
    size = ports._given_out_from() - ports._FIRST
    for ids_between in range(1, 21):
        apart = ids_between * ports._STRIDE % size
        assert min(apart, size - apart) > 500
