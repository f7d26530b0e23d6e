// SPDX-License-Identifier: GPL-3.0-or-later
// The source of the target that precompiles what most unit tests include.
