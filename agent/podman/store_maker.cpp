// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/store_maker.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "agent/model/mount_info.hpp"
#include "agent/podman/failure.hpp"
#include "agent/podman/layer_times.hpp"
#include "agent/podman/pull_view.hpp"
#include "agent/podman/tar_split.hpp"

namespace agent::podman {

namespace {

using model::ErrorCode;
using model::fail;
using model::Result;
namespace fs = std::filesystem;

constexpr std::string_view kScratchPrefix = ".update-agent-store-";

/// podman adds to its own store what its configuration says, other stores among it. Where it has a
/// store and what it keeps there is said on its command line.
constexpr std::string_view kStorageConf =
    "[storage]\ndriver = \"overlay\"\nrunroot = \"/run/containers/storage\"\n"
    "graphroot = \"/var/lib/containers/storage\"\n";

model::Error call_failed(const std::string& what, const fs::path& path) {
    return model::errno_error(errno, "cannot " + what + " " + path.string());
}

Result<> make_directory(const fs::path& directory) {
    constexpr mode_t kMode = 0700;
    if (::mkdir(directory.c_str(), kMode) != 0)
        return fail(call_failed("make the directory", directory));
    return {};
}

Result<> remove_directory(const fs::path& directory) {
    std::error_code error;
    fs::remove_all(directory, error);
    if (error)
        return fail(model::errno_error(error.value(), "cannot remove " + directory.string()));
    return {};
}

/// `operation` is one of flock(2). Not open where another process has the lock.
Result<process::FileDescriptor> locked(const fs::path& directory, int operation) {
    process::FileDescriptor descriptor(
        ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!descriptor.is_open()) return fail(call_failed("open", directory));
    while (::flock(descriptor.get(), operation) != 0) {
        if (errno == EWOULDBLOCK) return process::FileDescriptor();
        if (errno != EINTR) return fail(call_failed("lock", directory));
    }
    return descriptor;
}

/// Of the layer whose archive this is, in overlay-layers of a store.
Result<> forget_times(const fs::path& archive) {
    const auto layer = archive.stem();
    const auto diff = archive.parent_path().parent_path() / "overlay" / layer / "diff";
    std::error_code error;
    if (!fs::is_directory(diff, error)) return {};
    std::ifstream entries(archive, std::ios::binary);
    if (auto forgotten = forget_own_times(entries, diff); !forgotten)
        return fail(std::move(forgotten).error().with_context(archive.string()));
    if (entries.bad()) return fail(call_failed("read", archive));
    return {};
}

Result<std::vector<fs::path>> packed_archives(const fs::path& layers) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(layers, error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().string().ends_with(".tar-split.gz")) found.push_back(entry->path());
    if (error) return fail(model::errno_error(error.value(), "cannot read " + layers.string()));
    return found;
}

Result<> unmount_below(const fs::path& directory) {
    std::ifstream mountinfo("/proc/self/mountinfo");
    for (const auto& point : mounts_at_or_below(mountinfo, directory))
        if (::umount2(point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL)
            return fail(call_failed("unmount", point));
    return {};
}

model::Error no_mksquashfs(const std::string& program) {
    return {ErrorCode::conflict, program +
                                     " is not there, which packs stores and takes them apart; "
                                     "install the package squashfs-tools"};
}

model::Error squashing_failed(const process::Output& output) {
    const auto line = process::last_line(output.standard_error);
    const bool full = output.standard_error.find("No space left") != std::string::npos ||
                      output.standard_error.find("out of space") != std::string::npos;
    return {full ? ErrorCode::no_space : ErrorCode::internal,
            "mksquashfs: " +
                (line.empty() ? "ended with status " + std::to_string(output.status) : line)};
}

}  // namespace

std::vector<fs::path> mounts_at_or_below(std::istream& mountinfo, const fs::path& directory) {
    std::vector<fs::path> points;
    const auto below = directory.string() + "/";
    for (std::string line; std::getline(mountinfo, line);)
        if (const auto mount = model::parse_mount(line);
            mount && (mount->where.native() == directory.native() ||
                      mount->where.native().starts_with(below)))
            points.push_back(mount->where);
    std::reverse(points.begin(), points.end());
    return points;
}

process::Command StoreMaker::command(std::vector<std::string> arguments, std::string title) const {
    process::Command command{.arguments = std::move(arguments),
                             .environment = options_.podman.environment,
                             .timeout = options_.podman.image_timeout};
    command.title = std::move(title);
    command.inherited = lock_.get();
    command.cancelled = options_.podman.cancelled;
    return command;
}

fs::path StoreMaker::runtime_of(const fs::path& scratch) const {
    return options_.podman.runtime_directory /
           ("store-" + scratch.filename().string().substr(kScratchPrefix.size()));
}

Result<> StoreMaker::check() {
    if (options_.user != 0)
        return fail(ErrorCode::not_permitted,
                    "the files of images in a store have their owners, which only root can set: "
                    "run it as root, or make the bundle with --images=oci");
    return ask_mksquashfs();
}

Result<> StoreMaker::ask_mksquashfs() const {
    const auto asked = process::run(command({options_.mksquashfs, "-version"}, "mksquashfs"));
    if (!asked && asked.error().code() == ErrorCode::not_found)
        return fail(no_mksquashfs(options_.mksquashfs));
    if (!asked) return fail(asked.error());
    return {};
}

Result<fs::path> StoreMaker::make_scratch(const fs::path& parent) {
    std::error_code error;
    fs::create_directories(parent, error);
    if (error) return fail(model::errno_error(error.value(), parent.string()));
    TRY(remove_abandoned(parent));
    auto scratch = parent / (std::string(kScratchPrefix) + std::to_string(::getpid()));
    TRY(make_directory(scratch));
    TRY_ASSIGN(lock_, locked(scratch, LOCK_EX));
    // Another run may have taken it for abandoned before it was locked.
    if (!fs::exists(scratch, error)) return make_scratch(parent);
    return scratch;
}

Result<> StoreMaker::remove_abandoned(const fs::path& parent) const {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
         entry.increment(error))
        if (entry->path().filename().string().starts_with(kScratchPrefix))
            found.push_back(entry->path());
    if (error) return fail(model::errno_error(error.value(), "cannot read " + parent.string()));
    for (const auto& path : found) {
        const auto lock = locked(path, LOCK_EX | LOCK_NB);
        // One that is gone meanwhile was somebody's who is done with it.
        if (lock && lock->is_open()) TRY(remove(path));
    }
    return {};
}

Result<> StoreMaker::discard(const fs::path& scratch) {
    auto removed = remove(scratch);
    lock_.close();
    return removed;
}

Result<> StoreMaker::remove(const fs::path& scratch) const {
    for (const auto& directory : {scratch, runtime_of(scratch)}) {
        TRY(unmount_below(directory));
        TRY(remove_directory(directory));
    }
    return {};
}

Result<fs::path> StoreMaker::unpack(const fs::path& layout, const std::set<std::string>& refs,
                                    const fs::path& scratch) {
    auto store = scratch / "store";
    TRY(make_directory(store));
    TRY(prepare(scratch));
    for (const auto& ref : refs)
        TRY(pull(layout, ref, scratch));
    TRY_ASSIGN(const auto archives, packed_archives(store / "overlay-layers"));
    for (const auto& each : archives)
        TRY(pack_again(each));
    return store;
}

Result<> StoreMaker::gzip(const std::string& option, const fs::path& file) const {
    const auto output = process::run(command({"gzip", option, file.string()}, "gzip"));
    if (!output) return fail(output.error());
    if (output->status != 0)
        return fail(ErrorCode::internal, process::last_line(output->standard_error));
    return {};
}

Result<> StoreMaker::pack_again(const fs::path& packed) const {
    TRY(gzip("--decompress", packed));
    const auto plain_file = fs::path(packed).replace_extension();
    const auto joined_file = plain_file.string() + ".joined";
    std::ifstream from(plain_file, std::ios::binary);
    std::ofstream to(joined_file, std::ios::binary);
    if (auto joined = join_segments(from, to); !joined)
        return fail(std::move(joined).error().with_context(packed.string()));
    to.close();
    if (from.bad() || !to) return fail(call_failed("write", joined_file));
    std::error_code error;
    fs::rename(joined_file, plain_file, error);
    if (error) return fail(model::errno_error(error.value(), joined_file));
    TRY(forget_times(plain_file));
    return gzip("--no-name", plain_file);
}

Result<> StoreMaker::prepare(const fs::path& scratch) const {
    TRY(make_directory(scratch / "tmp"));
    std::ofstream configuration(scratch / "storage.conf", std::ios::binary);
    configuration << kStorageConf;
    configuration.close();
    if (!configuration) return fail(call_failed("write", scratch / "storage.conf"));
    return {};
}

Result<> StoreMaker::call_podman(std::vector<std::string> arguments, const std::string& title,
                                 const fs::path& scratch) const {
    const auto runtime = runtime_of(scratch);
    std::vector<std::string> words = {
        options_.podman.program, "--root", (scratch / "store").string(),
        // podman refuses one of more than 50 characters.
        "--runroot", (runtime / "run").string(),
        // What it notes of a boot it would believe of its own store, too.
        "--tmpdir", (runtime / "libpod").string(), "--storage-driver", "overlay",
        // Else the directory stays mounted on itself.
        "--storage-opt", "overlay.skip_mount_home=true"};
    std::move(arguments.begin(), arguments.end(), std::back_inserter(words));
    auto call = command(std::move(words), title);
    call.environment.insert({{"CONTAINERS_STORAGE_CONF", (scratch / "storage.conf").string()},
                             {"TMPDIR", (scratch / "tmp").string()}});
    const auto output = process::run(call);
    if (!output && output.error().code() == ErrorCode::not_found)
        return fail(ErrorCode::conflict, output.error().text() + "; install the package podman");
    if (!output) return fail(output.error());
    if (output->status != 0)
        return fail(failure(call.title, output->status, output->standard_error));
    return {};
}

Result<> StoreMaker::pull(const fs::path& layout, const std::string& ref,
                          const fs::path& scratch) const {
    TRY_ASSIGN(const PullView view, PullView::make(layout, ref, runtime_of(scratch) / "view"));
    return call_podman({"pull", "--quiet", "oci:" + view.path().string()},
                       "podman pull " + layout.string() + ":" + ref, scratch);
}

Result<> StoreMaker::take_out(const fs::path& file, const std::set<model::Sha256>& images,
                              const fs::path& layout, const fs::path& scratch) {
    TRY(prepare(scratch));
    const auto output = process::run(command(
        {options_.unsquashfs, "-no-progress", "-dest", (scratch / "store").string(), file.string()},
        "unsquashfs " + file.string()));
    if (!output && output.error().code() == ErrorCode::not_found)
        return fail(no_mksquashfs(options_.unsquashfs));
    if (!output) return fail(output.error());
    if (output->status != 0)
        return fail(ErrorCode::invalid, "unsquashfs " + file.string() + ": " +
                                            process::last_line(output->standard_error));
    for (const auto& image : images)
        TRY(call_podman({"push", "--quiet", "--compression-format", "zstd", image.hex(),
                         "oci:" + layout.string() + ":" + image.hex()},
                        "podman push " + image.hex(), scratch));
    return {};
}

Result<> StoreMaker::pack(const fs::path& directory, const fs::path& file) {
    constexpr int kNoProgram = 127;
    // It refuses two sources of its time.
    const auto output = process::run(
        command({"env", "--unset=SOURCE_DATE_EPOCH", options_.mksquashfs, directory.string(),
                 file.string(), "-comp", "zstd", "-b", "131072", "-noappend", "-no-progress",
                 "-mkfs-time", "0", "-no-exports", "-processors", "2"},
                "mksquashfs"));
    if (!output) return fail(output.error());
    if (output->status == kNoProgram) return fail(no_mksquashfs(options_.mksquashfs));
    if (output->status != 0) return fail(squashing_failed(*output));
    return {};
}

}  // namespace agent::podman
