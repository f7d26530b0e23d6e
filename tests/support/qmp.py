# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's monitor: devices that are plugged into a running virtual machine, and pulled out.

    ports = PluggedPorts(tmp_path)
    vm = new_vm(image, qemu_options=ports.qemu_options)
    vm.boot()
    ports.plug("robot", number=3)     # /dev/virtio-ports/robot, at another minor for another number
    ports.pull("robot")
"""

import json
import socket
from pathlib import Path

_BUS = "plugged"


class PluggedPorts:
    """Serial ports at a bus of their own. One that has no program at its other end is a device too."""

    def __init__(self, directory: Path):
        self._path = directory / "qmp.sock"
        self.qemu_options = ["-device", f"virtio-serial-pci,id={_BUS}",
                             "-qmp", f"unix:{self._path},server=on,wait=off"]

    def plug(self, name: str, number: int) -> None:
        # One of its own each time: the one before is let go of some time after the pull.
        end = f"{name}-{number}"
        self._do(("chardev-add", {"id": end, "backend": {"type": "null", "data": {}}}),
                 ("device_add", {"driver": "virtserialport", "bus": f"{_BUS}.0", "id": name,
                                 "chardev": end, "name": name, "nr": str(number)}))

    def pull(self, name: str) -> None:
        self._do(("device_del", {"id": name}))

    def _do(self, *commands: tuple[str, dict]) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._path))
            stream = connection.makefile("rw")
            stream.readline()  # its greeting
            for command, arguments in (("qmp_capabilities", {}), *commands):
                stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
                stream.flush()
                answer = self._answer(stream)
                assert "error" not in answer, f"{command}: {answer}"

    @staticmethod
    def _answer(stream) -> dict:
        while True:
            message = json.loads(stream.readline())
            if "event" not in message:
                return message
