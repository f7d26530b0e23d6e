# SPDX-License-Identifier: GPL-3.0-or-later
"""Real machines for tests: throw-away Debians in systemd-nspawn and in QEMU."""
