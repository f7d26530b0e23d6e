// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/word_distance.hpp"

#include <algorithm>
#include <numeric>

namespace agent::model {
namespace {

/// A key that is longer than any known one can be is not compared: the cost is a product of
/// lengths.
constexpr std::size_t kLongestTypo = 64;

/// Levenshtein's distance; `_` and `-` count as the same.
std::size_t distance(std::string_view left, std::string_view right) {
    const auto same = [](char a, char b) {
        return a == b || (a == '_' && b == '-') || (a == '-' && b == '_');
    };
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = diagonal + (same(left[i - 1], right[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

}  // namespace

std::string nearest_word(std::string_view typo, const std::vector<std::string>& words) {
    if (typo.size() > kLongestTypo) return {};
    std::string nearest;
    const std::size_t farthest =
        typo.size() <= 3 ? typo.size() / 2 : std::max<std::size_t>(2, typo.size() / 3);
    std::size_t least = farthest + 1;
    for (const auto& word : words) {
        const auto far = distance(typo, word);
        if (far >= least) continue;
        least = far;
        nearest = word;
    }
    return nearest;
}

}  // namespace agent::model
