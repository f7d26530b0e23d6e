// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "agent/model/description.hpp"
#include "agent/model/toml_reader.hpp"

namespace agent::model {

enum class ContainerKind { container, init_container };

/// Reads and checks one table of `[[containers]]` or `[[init-containers]]`.
[[nodiscard]] Container parse_container(TomlTable& table, ContainerKind kind);

/// Adds a problem for every container that requires one that is not there, and for every circle.
/// `tables` are those that `containers` came from.
void check_container_requirements(const std::vector<Container>& containers,
                                  std::vector<TomlTable>& tables);

}  // namespace agent::model
