// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/description_place.hpp"

#include <toml++/toml.h>

#include <charconv>
#include <optional>
#include <sstream>

#include "agent/model/text.hpp"
#include "agent/model/toml_depth.hpp"

namespace agent::model {
namespace {

std::optional<toml::table> parse(std::string_view text) {
    if (text.empty() || first_line_too_deep(text) != 0) return std::nullopt;
    try {
        return toml::parse(text);
    } catch (const toml::parse_error&) {
        return std::nullopt;
    }
}

const toml::node* element(const toml::array& array, const std::string& step) {
    std::size_t index = 0;
    const auto* end = step.data() + step.size();
    const auto [stop, error] = std::from_chars(step.data(), end, index);
    return error == std::errc() && stop == end ? array.get(index) : nullptr;
}

/// A walk from the root that stays where it cannot go further.
class Walk {
  public:
    explicit Walk(const toml::table& root) : node_(&root), begin_(root.source().begin) {}

    void go(const std::string& step) {
        if (node_ == nullptr) return;
        if (const auto* table = node_->as_table())
            enter(*table, step);
        else if (const auto* array = node_->as_array())
            enter(*array, step);
        else
            node_ = nullptr;
    }

    [[nodiscard]] TextPosition position() const { return {begin_.line, begin_.column}; }

  private:
    /// A key is where its name is.
    void enter(const toml::table& table, const std::string& step) {
        const auto found = table.find(step);
        node_ = found == table.end() ? nullptr : &found->second;
        if (node_ != nullptr) begin_ = found->first.source().begin;
    }

    void enter(const toml::array& array, const std::string& step) {
        node_ = element(array, step);
        if (node_ != nullptr) begin_ = node_->source().begin;
    }

    const toml::node* node_;
    toml::source_position begin_;
};

bool is_index(const std::string& step) {
    return !step.empty() && step.find_first_not_of("0123456789") == std::string::npos;
}

std::string dotted(const std::vector<std::string>& path) {
    std::string text;
    for (const auto& step : path) {
        if (is_index(step) && !text.empty())
            text += "[" + step + "]";
        else
            text += (text.empty() ? "" : ".") + step;
    }
    return escaped(text);
}

}  // namespace

DescriptionPlace place_in(std::string_view text, const std::vector<std::string>& path) {
    DescriptionPlace place{dotted(path), {}};
    const auto root = parse(text);
    if (!root) return place;
    Walk walk(*root);
    for (const auto& step : path)
        walk.go(step);
    place.position = walk.position();
    return place;
}

std::string description_as_json(std::string_view text) {
    const auto root = parse(text);
    if (!root) return {};
    std::ostringstream stream;
    stream << toml::json_formatter(*root);
    return std::move(stream).str();
}

}  // namespace agent::model
