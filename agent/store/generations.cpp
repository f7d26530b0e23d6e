// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/store/generations.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <system_error>

#include "agent/model/unit_name.hpp"
#include "agent/store/atomic_file.hpp"
#include "agent/store/generation_file.hpp"
#include "agent/store/generation_reader.hpp"
#include "agent/store/generation_writer.hpp"
#include "agent/store/system_call.hpp"

namespace agent::store {

using model::ErrorCode;
using model::fail;
using model::Result;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kLinkPrefix = "update-agent/generations/";
constexpr std::string_view kLinkSuffix = "/units";

/// The decimal number that is the whole text, as std::to_string writes it.
std::optional<unsigned> parse_number(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || std::to_string(number) != text) return std::nullopt;
    return number;
}

std::string link_text(unsigned number) {
    return std::string(kLinkPrefix) + std::to_string(number) + std::string(kLinkSuffix);
}

std::optional<unsigned> parse_link(std::string_view text) {
    if (!text.starts_with(kLinkPrefix) || !text.ends_with(kLinkSuffix)) return std::nullopt;
    text.remove_prefix(kLinkPrefix.size());
    return parse_number(text.substr(0, text.size() - kLinkSuffix.size()));
}

bool directory_exists(const fs::path& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string unfinished_name(unsigned number) {
    return std::string(kUnfinishedPrefix) + std::to_string(number) + "-" +
           std::to_string(::getpid());
}

model::Error not_there(unsigned number, const fs::path& directory) {
    return {ErrorCode::not_found,
            "generation " + std::to_string(number) + " is not there: " + directory.string()};
}

Generation empty_generation() {
    Generation generation;
    generation.info.reason = "nothing is installed";
    return generation;
}

}  // namespace

Result<unsigned> Generations::current() const {
    std::array<char, PATH_MAX> text{};
    const fs::path link = paths_.units_link();
    const ssize_t size = ::readlink(link.c_str(), text.data(), text.size());
    if (size < 0 && errno == ENOENT) return 0U;
    if (size < 0 && errno != EINVAL) return fail(call_error("read", link));
    const std::string_view target(text.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
    if (const auto number = parse_link(target)) return *number;
    return fail(ErrorCode::invalid, link.string() + " is no link to a generation, such as " +
                                        link_text(1) + "; move it away");
}

Result<std::vector<unsigned>> Generations::list() const {
    TRY_ASSIGN(const auto names, names_in(paths_.generations()));
    std::vector<unsigned> numbers;
    for (const auto& name : names) {
        const auto number = parse_number(name);
        if (number && directory_exists(paths_.generation(*number))) numbers.push_back(*number);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

Result<model::InstalledSet> Generations::read_set(unsigned number) const {
    if (number == 0) return model::InstalledSet{};
    const fs::path directory = paths_.generation(number);
    if (!directory_exists(directory)) return fail(not_there(number, directory));
    return read_generation_set(directory, number);
}

Result<GenerationInfo> Generations::read_info(unsigned number) const {
    if (number == 0) return empty_generation().info;
    const fs::path directory = paths_.generation(number);
    if (!directory_exists(directory)) return fail(not_there(number, directory));
    return read_generation_info(directory, number);
}

Result<model::InstalledSet> Generations::installed() const {
    TRY_ASSIGN(const unsigned number, current());
    return read_set(number);
}

Result<std::map<std::string, std::string>> Generations::read_units(unsigned number) const {
    const fs::path directory = paths_.generation(number);
    if (number != 0 && !directory_exists(directory)) return fail(not_there(number, directory));
    TRY_ASSIGN(auto units, read_texts(directory / kUnitsDirectory));
    units.erase(std::string(model::kHasDevicesMarker));
    return units;
}

Result<std::map<std::string, std::string>> Generations::read_containers(unsigned number) const {
    const fs::path directory = paths_.generation(number);
    if (number != 0 && !directory_exists(directory)) return fail(not_there(number, directory));
    return read_texts(directory / kContainersDirectory);
}

Result<unsigned> Generations::next_number() const {
    TRY_ASSIGN(const auto numbers, list());
    TRY_ASSIGN(const unsigned now, current());
    return std::max(numbers.empty() ? 0U : numbers.back(), now) + 1;
}

Result<> Generations::write(const Generation& generation) const {
    const unsigned number = generation.info.number;
    const fs::path directory = paths_.generation(number);
    if (directory_exists(directory))
        return fail(ErrorCode::internal, directory.string() + " is there already");
    TRY(make_directories(paths_.generations()));
    const fs::path unfinished = paths_.generations() / unfinished_name(number);
    TRY(remove_tree(unfinished));
    auto done = commit(generation, unfinished);
    if (done) return {};
    auto error = std::move(done).error().with_context("generation " + std::to_string(number));
    for (const auto& path : {unfinished, directory})
        if (const auto removed = remove_tree(path); !removed)
            error = error.followed_by(removed.error());
    return fail(std::move(error));
}

Result<> Generations::commit(const Generation& generation, const fs::path& unfinished) const {
    const unsigned number = generation.info.number;
    TRY(write_generation_files(paths_, generation, unfinished));
    TRY(sync_tree(unfinished));
    TRY_ASSIGN(const auto set, read_generation_set(unfinished, number));
    if (set.bundles != generation.set.bundles)
        return fail(ErrorCode::internal, "it does not read back as it was written");
    TRY(remove_tree(paths_.generation_state(number)));
    TRY(remove_tree(paths_.generation_files(number)));
    return move_into_place(unfinished, paths_.generation(number));
}

Result<> Generations::ensure_initial() const {
    TRY_ASSIGN(const unsigned now, current());
    TRY(make_directories(paths_.bundles()));
    TRY(make_directories(paths_.generations()));
    if (now != 0) return {};
    TRY(ensure_empty_generation());
    // Not replace_link_atomically(): a link that somebody made meanwhile stays.
    const fs::path link = paths_.units_link();
    if (::symlink(link_text(0).c_str(), link.c_str()) != 0) {
        if (errno == EEXIST) return {};
        return fail(call_error("make the link", link));
    }
    return sync_directory(paths_.operation());
}

Result<> Generations::ensure_empty_generation() const {
    if (directory_exists(paths_.generation(0))) return {};
    return write(empty_generation());
}

fs::path Generations::way_back() const {
    return paths_.operation() / (std::string(kUnfinishedPrefix) + "way-back");
}

Result<> Generations::keep_way_back() const {
    TRY_ASSIGN(const unsigned now, current());
    TRY(remove_tree(way_back()));
    if (::symlink(link_text(now).c_str(), way_back().c_str()) != 0)
        return fail(call_error("make the link", way_back()));
    return sync_directory(paths_.operation());
}

Result<> Generations::switch_to(unsigned number) const {
    // Something that is no link of ours is not replaced.
    TRY_ASSIGN(const unsigned now, current());
    std::error_code error;
    if (now == number && fs::is_symlink(paths_.units_link(), error)) {
        TRY(remove_tree(way_back()));
        // Whoever switched may have died before this.
        return sync_directory(paths_.operation());
    }
    if (fs::read_symlink(way_back(), error) == link_text(number)) {
        if (::rename(way_back().c_str(), paths_.units_link().c_str()) != 0)
            return fail(call_error("replace", paths_.units_link()));
        return sync_directory(paths_.operation());
    }
    if (number == 0) TRY(ensure_empty_generation());
    const fs::path directory = paths_.generation(number);
    if (!directory_exists(directory / kUnitsDirectory)) return fail(not_there(number, directory));
    return replace_link_atomically(paths_.units_link(), link_text(number));
}

Result<> Generations::remove(unsigned number) const {
    TRY_ASSIGN(const unsigned now, current());
    if (number == now)
        return fail(ErrorCode::internal,
                    "generation " + std::to_string(number) + " is the current one");
    TRY(remove_whole(paths_.generation(number)));
    TRY(remove_tree(paths_.generation_files(number)));
    return remove_tree(paths_.generation_state(number));
}

Result<std::vector<fs::path>> Generations::leftovers() const {
    std::vector<fs::path> left;
    for (const auto& directory :
         {paths_.operation(), paths_.state(), paths_.generations(), paths_.bundles()}) {
        TRY_ASSIGN(const auto names, names_in(directory));
        for (const auto& name : names)
            if (is_leftover(name)) left.push_back(directory / name);
    }
    TRY_ASSIGN(const auto states, states_of_nothing());
    left.insert(left.end(), states.begin(), states.end());
    return left;
}

/// A generation goes before its state does.
Result<std::vector<fs::path>> Generations::states_of_nothing() const {
    std::vector<fs::path> states;
    TRY_ASSIGN(const auto names, names_in(paths_.generations()));
    for (const auto& name : names) {
        const fs::path file(name);
        if (file.extension() != ".state" && file.extension() != ".files") continue;
        const auto number = parse_number(file.stem().string());
        if (number && *number != 0 && !directory_exists(paths_.generation(*number)))
            states.push_back(paths_.generations() / name);
    }
    return states;
}

Result<> Generations::remove_leftovers() const {
    TRY_ASSIGN(const auto left, leftovers());
    for (const auto& path : left)
        TRY(remove_tree(path));
    return {};
}

Result<GenerationState> Generations::read_state(unsigned number) const {
    const fs::path file = paths_.generation_state(number);
    const auto text = read_file(file);
    if (!text && text.error().code() == ErrorCode::not_found) return GenerationState{};
    if (!text) return fail(text.error());
    return parse_state(*text, file.string());
}

Result<> Generations::write_state(unsigned number, const GenerationState& state) const {
    return write_file_atomically(paths_.generation_state(number), state_text(state));
}

}  // namespace agent::store
