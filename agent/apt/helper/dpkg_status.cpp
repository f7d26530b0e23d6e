// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper/dpkg_status.hpp"

#include <apt-pkg/error.h>
#include <apt-pkg/fileutl.h>
#include <apt-pkg/tagfile.h>

#include "agent/apt/helper/answer.hpp"

namespace agent::apt::helper {

model::Result<> each_package(const std::string& root,
                             const std::function<void(const DpkgPackage&)>& look) {
    FileFd file(root + "/var/lib/dpkg/status", FileFd::ReadOnly);
    const auto unreadable = [] {
        return model::fail(apt_failure(model::ErrorCode::internal, "dpkg's status file"));
    };
    if (!file.IsOpen()) return unreadable();
    pkgTagFile stanzas(&file);
    pkgTagSection stanza;
    while (stanzas.Step(stanza)) {
        const auto status = stanza.FindS("Status");
        look({.name = stanza.FindS("Package"),
              .version = stanza.FindS("Version"),
              .architecture = stanza.FindS("Architecture"),
              .state = status.substr(status.rfind(' ') + 1)});
    }
    if (_error->PendingError()) return unreadable();
    return {};
}

}  // namespace agent::apt::helper
