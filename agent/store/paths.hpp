// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

#include "agent/model/ids.hpp"
#include "agent/model/version.hpp"

namespace agent::store {

/// Where everything lies below one root directory (`/` on a machine, `--root` elsewhere).
class Paths {
  public:
    explicit Paths(std::filesystem::path root) : root_(std::move(root)) {}
    [[nodiscard]] const std::filesystem::path& root() const { return root_; }
    /// /opt/operation
    [[nodiscard]] std::filesystem::path operation() const;
    /// /opt/operation/systemd-units: the link whose rename is the commit point.
    [[nodiscard]] std::filesystem::path units_link() const;
    /// /opt/operation/update-agent
    [[nodiscard]] std::filesystem::path state() const;
    [[nodiscard]] std::filesystem::path generations() const;
    [[nodiscard]] std::filesystem::path generation(unsigned number) const;
    [[nodiscard]] std::filesystem::path generation_state(unsigned number) const;
    /// generations/<n>.files: what was copied into volumes for it.
    [[nodiscard]] std::filesystem::path generation_files(unsigned number) const;
    [[nodiscard]] std::filesystem::path bundles() const;
    /// bundles/<id>_<version>; build metadata is left out, because it makes no other version.
    [[nodiscard]] std::filesystem::path bundle(const model::BundleId& id,
                                               const model::Version& version) const;
    [[nodiscard]] std::filesystem::path history() const;
    /// What history() was before it became too large.
    [[nodiscard]] std::filesystem::path older_history() const;
    [[nodiscard]] std::filesystem::path floors() const;
    /// transaction: there exactly while a transaction is not settled.
    [[nodiscard]] std::filesystem::path transaction() const;
    [[nodiscard]] std::filesystem::path failed_sets() const;
    /// /var/lib/update-agent: image stores as the engine sees them, whatever of /opt is there.
    [[nodiscard]] std::filesystem::path image_stores() const;
    /// Where each store is mounted, by its name.
    [[nodiscard]] std::filesystem::path store_mounts() const;
    /// The link that the engine is told of.
    [[nodiscard]] std::filesystem::path merged_store() const;
    [[nodiscard]] std::filesystem::path lock() const;
    [[nodiscard]] std::filesystem::path units_lock() const;

  private:
    std::filesystem::path root_;
};

}  // namespace agent::store
