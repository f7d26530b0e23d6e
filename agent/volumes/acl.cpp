// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/volumes/acl.hpp"

#include <acl/libacl.h>
#include <sys/acl.h>

#include <cerrno>
#include <memory>
#include <type_traits>

#include "agent/store/system_call.hpp"
#include "agent/volumes/mount_table.hpp"

namespace agent::volumes {

using model::ErrorCode;
using model::Result;
namespace fs = std::filesystem;

namespace {

struct Free {
    void operator()(void* pointer) const { acl_free(pointer); }
};
using Acl = std::unique_ptr<std::remove_pointer_t<acl_t>, Free>;
using Text = std::unique_ptr<char, Free>;

/// The default ACL can be had by a name only, and this one cannot be replaced by a link.
std::string name_of(const store::Descriptor& directory) {
    return "/proc/self/fd/" + std::to_string(directory.get());
}

model::Error acl_error(std::string_view verb, const store::Descriptor& directory,
                       const fs::path& shown) {
    if (errno != ENOTSUP) return store::call_error(verb, shown);
    return {ErrorCode::conflict,
            shown.string() + " lies on " + file_system_of(directory) +
                ", which has no POSIX ACLs, and a volume needs them for its rights: mount a file "
                "system there that has them, such as ext4, xfs or btrfs, without the option noacl"};
}

Result<std::string> text_of(const Acl& acl, const fs::path& shown) {
    const Text text(acl_to_any_text(acl.get(), nullptr, ',', TEXT_NUMERIC_IDS));
    if (!text) return model::fail(store::call_error("read the ACL of", shown));
    return std::string(text.get());
}

Result<Acl> parse(const std::string& text, const fs::path& shown) {
    Acl acl(acl_from_text(text.c_str()));
    if (acl) return acl;
    return model::fail(ErrorCode::invalid,
                       "the ACL '" + text + "' of " + shown.string() + " cannot be read");
}

Result<> write_defaults(const store::Descriptor& directory, const std::string& text,
                        const fs::path& shown) {
    const auto name = name_of(directory);
    if (text.empty()) {
        if (acl_delete_def_file(name.c_str()) == 0) return {};
        return model::fail(acl_error("remove the default ACL of", directory, shown));
    }
    TRY_ASSIGN(const auto acl, parse(text, shown));
    if (acl_set_file(name.c_str(), ACL_TYPE_DEFAULT, acl.get()) == 0) return {};
    return model::fail(acl_error("set the default ACL of", directory, shown));
}

std::string entry(std::uint32_t gid, std::string_view rights) {
    return ",g:" + std::to_string(gid) + ":" + std::string(rights);
}

}  // namespace

Result<Acls> read_acls(const store::Descriptor& directory, const fs::path& shown) {
    const Acl access(acl_get_fd(directory.get()));
    if (!access) return model::fail(acl_error("read the ACL of", directory, shown));
    const Acl defaults(acl_get_file(name_of(directory).c_str(), ACL_TYPE_DEFAULT));
    if (!defaults) return model::fail(acl_error("read the default ACL of", directory, shown));
    Acls acls;
    TRY_ASSIGN(acls.access, text_of(access, shown));
    TRY_ASSIGN(acls.defaults, text_of(defaults, shown));
    return acls;
}

Result<> write_acls(const store::Descriptor& directory, const Acls& acls, const fs::path& shown) {
    TRY_ASSIGN(const auto access, parse(acls.access, shown));
    if (acl_set_fd(directory.get(), access.get()) != 0)
        return model::fail(acl_error("set the ACL of", directory, shown));
    TRY(write_defaults(directory, acls.defaults, shown));
    return store::sync(directory.get(), shown);
}

Acls acls_of(const Rights& rights) {
    std::string text = "u::rwx,g::---";
    for (const auto gid : rights.read_only)
        text += entry(gid, "r-x");
    for (const auto gid : rights.read_write)
        text += entry(gid, "rwx");
    if (!rights.read_only.empty() || !rights.read_write.empty()) text += ",m::rwx";
    text += ",o::---";
    return {.access = text, .defaults = text};
}

}  // namespace agent::volumes
