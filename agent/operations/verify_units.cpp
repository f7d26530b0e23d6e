// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/verify_units.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "agent/model/unit_name.hpp"
#include "agent/operations/loaded_generation.hpp"
#include "agent/operations/render_again.hpp"
#include "agent/operations/status.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::Result;
using Kind = Defect::Kind;
namespace fs = std::filesystem;

// docs/on-disk.md
constexpr mode_t kFileMode = 0444;
constexpr mode_t kDirectoryMode = 0755;

/// A file, link or directory below units/.
struct Node {
    mode_t type = S_IFREG;
    /// Of a file or directory.
    mode_t mode = kFileMode;
    uid_t owner = 0;
    /// Text of a file, target of a link.
    std::string content = {};
};
/// By the path below units/; the directory itself is ".".
using Tree = std::map<std::string, Node>;

Tree expected_tree(const units::RenderedUnits& units) {
    const Node directory{.type = S_IFDIR, .mode = kDirectoryMode};
    const std::string wants(model::kInstalledBundlesWants);
    Tree tree = {{".", directory}, {wants, directory}};
    for (const auto& [name, text] : units.files)
        tree[name] = {.content = text};
    for (const auto& target : units.wants)
        tree[wants + "/" + target] = {.type = S_IFLNK, .mode = 0, .content = "../" + target};
    if (units.has_devices) tree[std::string(model::kHasDevicesMarker)] = {};
    return tree;
}

Result<Node> read_node(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0)
        return model::fail(model::errno_error(errno, path.string()));
    Node node{
        .type = status.st_mode & S_IFMT, .mode = status.st_mode & 07777U, .owner = status.st_uid};
    std::error_code error;
    if (node.type == S_IFLNK) {
        node.mode = 0;
        node.content = fs::read_symlink(path, error).string();
    } else if (node.type == S_IFREG) {
        TRY_ASSIGN(node.content, store::read_file(path));
    }
    return node;
}

Result<Tree> read_tree(const fs::path& directory) {
    Tree tree;
    std::error_code error;
    if (!fs::exists(fs::symlink_status(directory, error))) return tree;
    TRY_ASSIGN(tree["."], read_node(directory));
    for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().lexically_relative(directory).string();
        TRY_ASSIGN(tree[name], read_node(entry->path()));
    }
    if (error) return model::fail(model::errno_error(error.value(), directory.string()));
    return tree;
}

/// Root, or whose the whole tree is: that of another root may have been unpacked by anybody.
bool may_own(const Context& context, uid_t owner) {
    struct stat status {};
    return owner == 0 ||
           (::stat(context.paths.root().c_str(), &status) == 0 && status.st_uid == owner);
}

std::string octal(mode_t mode) {
    std::string text;
    for (unsigned shift = 12; shift > 0; shift -= 3)
        text += static_cast<char>('0' + ((mode >> (shift - 3)) & 7U));
    return text;
}

std::string wrong_with_file(const Context& context, const Node& found, const Node& expected) {
    if (found.type != expected.type) return "is not the kind of file that it has to be";
    if (found.content != expected.content) return "is not what the installed set renders to";
    if (found.mode != expected.mode)
        return "has the mode " + octal(found.mode) + " instead of " + octal(expected.mode);
    if (!may_own(context, found.owner))
        return "belongs to uid " + std::to_string(found.owner) + " instead of root";
    return {};
}

void note_unit(Defects& defects, Kind kind, std::string subject, std::string text) {
    defects.push_back(
        {.kind = kind, .subject = std::move(subject), .text = std::move(text), .repairable = true});
}

std::string unit_defect_name(const fs::path& units, const std::string& name) {
    return name == "." ? units.string() : name;
}

/// Those that nobody masked by hand.
void look_at_unit(const host::UnitState& unit, bool changed, Defects& defects) {
    const auto condition = condition_of(unit);
    if (condition == Condition::held) return;
    if (condition == Condition::shadowed)
        defects.push_back({.kind = Kind::loaded,
                           .subject = unit.name,
                           .text = "is hidden by the host's " + unit.fragment_path,
                           .advice = "rename or remove that unit, then 'systemctl daemon-reload'"});
    else if (condition == Condition::missing)
        note_unit(defects, Kind::loaded, unit.name, "is not known to systemd");
    else if (unit.load != "loaded")
        note_unit(defects, Kind::loaded, unit.name, "cannot be loaded by systemd: " + unit.load);
    else if (changed)
        note_unit(defects, Kind::loaded, unit.name, "has changed since systemd loaded it");
}

}  // namespace

Result<Defects> look_at_unit_files(const Context& context, const CurrentGeneration& current) {
    const auto number = current.set.generation;
    const auto directory = context.paths.generation(number) / "units";
    TRY_ASSIGN(const auto found, read_tree(directory));
    // The empty set needs no directory.
    if (number == 0 && found.empty()) return Defects{};
    const auto expected =
        expected_tree(render_for(context, current.set, current.info.systemd_version));
    Defects defects;
    for (const auto& [name, node] : expected) {
        const auto there = found.find(name);
        const auto why =
            there == found.end() ? "is missing" : wrong_with_file(context, there->second, node);
        if (!why.empty()) note_unit(defects, Kind::unit, unit_defect_name(directory, name), why);
    }
    for (const auto& [name, node] : found)
        if (expected.count(name) == 0)
            note_unit(defects, Kind::unit, name, "is no unit of the installed set");
    return defects;
}

Result<Defects> look_at_loaded(const Context& context, const CurrentGeneration& current) {
    Defects defects;
    const auto loaded = loaded_generation(context);
    const auto number = current.set.generation;
    const bool nothing_to_load = current.set.bundles.empty() && !loaded;
    if (loaded != number && !nothing_to_load)
        note_unit(
            defects, Kind::loaded, "systemd",
            "has loaded " +
                (loaded ? "generation " + std::to_string(*loaded) : std::string("no generation")) +
                ", and " + std::to_string(number) + " is the current one");
    std::vector<std::string> names;
    for (const auto& [name, text] :
         render_for(context, current.set, current.info.systemd_version).files)
        names.push_back(name);
    if (names.empty()) return defects;
    TRY_ASSIGN(const auto states, context.host.services.states(names));
    TRY_ASSIGN(const auto changed, context.host.services.changed_on_disk(names));
    for (const auto& unit : states)
        look_at_unit(unit, std::find(changed.begin(), changed.end(), unit.name) != changed.end(),
                     defects);
    return defects;
}

}  // namespace agent::operations
