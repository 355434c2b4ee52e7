"""Hosts with a network of their own on this machine: namespaces of the kernel, joined by a bridge."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


PREFIX = "10.213.77"
HERE = f"{PREFIX}.1"
NEEDED = "These tests make network namespaces: run them as root, with iproute2 installed (apt-get install iproute2)."


class Network:
    """Makes hosts; the process that makes it is one of them. All is gone after the block."""

    def __init__(self) -> None:
        if os.getuid() != 0 or shutil.which("ip") is None:
            pytest.exit(NEEDED, returncode=1)
        self.name = f"async{os.getpid()}"[:10]
        self.hosts: list[Host] = []

    def __enter__(self) -> Network:
        try:
            ip("link", "add", self.name, "type", "bridge")
            ip("address", "add", f"{HERE}/24", "dev", self.name)
            ip("link", "set", self.name, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *details: object) -> None:
        for host in self.hosts:
            # A namespace goes away later, and would keep the name of its cable from the next network until then.
            subprocess.run(["ip", "link", "delete", host.cable], check=False)
            subprocess.run(["ip", "netns", "delete", host.namespace], check=False)
        subprocess.run(["ip", "link", "delete", self.name], check=False)

    def host(self) -> Host:
        """A new host that reaches all others."""
        number = len(self.hosts) + 2
        host = Host(f"{self.name}-{number}", f"{PREFIX}.{number}")
        self.hosts.append(host)
        ip("netns", "add", host.namespace)
        ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
        ip("link", "set", host.cable, "master", self.name, "up")
        ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        for device in "lo", "eth0":
            ip("-n", host.namespace, "link", "set", device, "up")
        return host


class Host:
    """Runs processes that have nothing but the network in common with those of other hosts."""

    def __init__(self, namespace: str, address: str) -> None:
        self.namespace = namespace
        self.cable = namespace
        self.address = address

    def command(self, *words: object) -> list[str]:
        """What runs a command there."""
        return ["ip", "netns", "exec", self.namespace, *map(str, words)]

    def cut(self) -> None:
        """Pull the cable: what is sent is lost, and nobody is told."""
        ip("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Put it in again."""
        ip("link", "set", self.cable, "up")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
