// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/system_call.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace agent::store {

using model::fail;
using model::Result;

model::Error call_error(std::string_view verb, const std::filesystem::path& path) {
    return model::errno_error(errno, "cannot " + std::string(verb) + " " + path.string());
}

Result<Descriptor> open_at(int directory, const std::string& name, int flags, unsigned mode,
                           const std::filesystem::path& shown) {
    for (;;) {
        Descriptor descriptor(::openat(directory, name.c_str(), flags | O_CLOEXEC, mode));
        if (descriptor.valid()) return descriptor;
        if (errno != EINTR) return fail(call_error("open", shown));
    }
}

Result<Descriptor> open_path(const std::filesystem::path& path, int flags, unsigned mode) {
    return open_at(AT_FDCWD, path.string(), flags, mode, path);
}

Result<Descriptor> open_directory(const std::filesystem::path& path) {
    return open_path(path, O_RDONLY | O_DIRECTORY);
}

Result<> write_all(int descriptor, std::string_view text, const std::filesystem::path& shown) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return fail(call_error("write", shown));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<> sync(int descriptor, const std::filesystem::path& shown) {
    if (::fsync(descriptor) != 0) return fail(call_error("sync", shown));
    return {};
}

Result<> sync_directory(const std::filesystem::path& path) {
    TRY_ASSIGN(const Descriptor directory, open_directory(path));
    return sync(directory.get(), path);
}

}  // namespace agent::store
