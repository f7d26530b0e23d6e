// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "agent/model/description.hpp"
#include "tests/fuzz/invariant.hpp"

using namespace agent::model;

namespace {

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void check_problems(const Problems& problems) {
    for (const auto& problem : problems) {
        fuzz::require(problem.code == ErrorCode::invalid, "a problem of a text is invalid input");
        fuzz::require(problem.line > 0 && problem.column > 0, "a problem has a place");
        fuzz::require(!problem.message.empty(), "a problem says what is wrong");
        fuzz::require(!has_control_character(to_string(problem)), "a problem is one line");
    }
    const auto later = [](const Problem& left, const Problem& right) {
        return left.line < right.line;
    };
    fuzz::require(std::is_sorted(problems.begin(), problems.end(), later),
                  "problems are in the order of the text");
}

/// Gives every image of `items` that has no id one, in `ids` too.
template <typename Items>
void fill_ids(Items& items, std::map<std::string, Sha256>& ids) {
    static const auto kId = *Sha256::parse(std::string(64, 'a'));
    for (auto& item : items) {
        if (item.image_id) continue;
        item.image_id = kId;
        ids.emplace(item.image, kId);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    Problems problems;
    auto description = parse_description(text, "bundle.toml", problems);
    check_problems(problems);
    fuzz::require(with_image_ids(text, {}) == text, "without ids, a text stays as it is");
    std::map<std::string, Sha256> ids;
    if (!problems.empty()) {
        fill_ids(description.containers, ids);
        static_cast<void>(with_image_ids(text, ids));
        return 0;
    }

    fill_ids(description.containers, ids);
    fill_ids(description.init_containers, ids);
    fill_ids(description.file_providers, ids);
    const auto packed = with_image_ids(text, ids);
    fuzz::require(parse_description(packed, "bundle.toml", problems) == description,
                  "a text with ids is the same but for the ids");
    fuzz::require(problems.empty(), "a text with ids has no problems");
    fuzz::require(with_image_ids(packed, ids) == packed, "ids are written once");
    return 0;
}
