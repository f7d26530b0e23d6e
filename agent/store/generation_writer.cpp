// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/generation_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/model/unit_name.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/generation_file.hpp"
#include "agent/store/generation_reader.hpp"
#include "agent/store/system_call.hpp"

namespace agent::store {

using model::ErrorCode;
using model::fail;
using model::Result;
namespace fs = std::filesystem;

namespace {

constexpr unsigned kFileMode = 0444;
constexpr unsigned kDirectoryMode = 0755;

Result<> new_directory(const fs::path& directory) {
    // The umask of whoever runs the command must not hide units from those who may read them.
    if (::mkdir(directory.c_str(), kDirectoryMode) != 0 ||
        ::chmod(directory.c_str(), kDirectoryMode) != 0)
        return fail(call_error("make the directory", directory));
    return {};
}

Result<> new_file(const fs::path& file, std::string_view text) {
    TRY_ASSIGN(const Descriptor descriptor,
               open_path(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    TRY(write_all(descriptor.get(), text, file));
    if (::fchmod(descriptor.get(), kFileMode) != 0)
        return fail(call_error("set the mode of", file));
    return {};
}

Result<> check_unit_name(const std::string& name) {
    if (model::is_unit_file_name(name)) return {};
    return fail(ErrorCode::internal, "no name of a unit file: " + name);
}

Result<> write_units(const Generation& generation, const fs::path& directory) {
    TRY(new_directory(directory));
    for (const auto& [name, text] : generation.units) {
        TRY(check_unit_name(name));
        TRY(new_file(directory / name, text));
    }
    const fs::path wants = directory / model::kInstalledBundlesWants;
    TRY(new_directory(wants));
    for (const auto& target : generation.wants) {
        TRY(check_unit_name(target));
        if (::symlink(("../" + target).c_str(), (wants / target).c_str()) != 0)
            return fail(call_error("make the link", wants / target));
    }
    if (generation.has_devices) TRY(new_file(directory / model::kHasDevicesMarker, ""));
    return {};
}

Result<> write_containers(const Generation& generation, const fs::path& directory) {
    TRY(new_directory(directory));
    for (const auto& [name, text] : generation.containers) {
        if (!model::ContainerName::parse(name))
            return fail(ErrorCode::internal, "no name of a container: " + name);
        TRY(new_file(directory / name, text));
    }
    return {};
}

Result<> copy_text(const fs::path& from, const fs::path& to) {
    TRY_ASSIGN(const std::string text, read_file(from));
    return new_file(to, text);
}

/// An unsigned bundle has no signature.
Result<> copy_text_if_there(const fs::path& from, const fs::path& to) {
    auto copied = copy_text(from, to);
    if (!copied && copied.error().code() == ErrorCode::not_found) return {};
    return copied;
}

Result<> copy_bundle(const fs::path& kept, const fs::path& directory) {
    TRY(new_directory(directory));
    TRY(copy_text(kept / kManifestFile, directory / kManifestFile));
    TRY(copy_text_if_there(kept / kSignatureFile, directory / kSignatureFile));
    return copy_text(kept / kDescriptionFile, directory / kDescriptionFile);
}

Result<> copy_bundles(const Paths& paths, const model::InstalledSet& set,
                      const fs::path& directory) {
    TRY(new_directory(directory));
    for (const auto& [id, bundle] : set.bundles)
        TRY(copy_bundle(paths.bundle(id, bundle.description.version), directory / id.value()));
    return {};
}

}  // namespace

Result<> write_generation_files(const Paths& paths, const Generation& generation,
                                const fs::path& directory) {
    TRY(new_directory(directory));
    TRY(write_units(generation, directory / kUnitsDirectory));
    TRY(write_containers(generation, directory / kContainersDirectory));
    TRY(copy_bundles(paths, generation.set, directory / kBundlesDirectory));
    return new_file(directory / kGenerationFile, generation_text(generation.info, generation.set));
}

}  // namespace agent::store
