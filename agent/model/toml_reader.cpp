// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/toml_reader.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "agent/model/text.hpp"
#include "agent/model/toml_depth.hpp"
#include "agent/model/word_distance.hpp"

namespace agent::model {
namespace {

/// More known keys than this are not listed in a hint.
constexpr std::size_t kKeysInHint = 12;

std::string type_name(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::table:
            return "a table";
        case toml::node_type::array:
            return "an array";
        case toml::node_type::string:
            return "a string";
        case toml::node_type::integer:
            return "an integer";
        case toml::node_type::floating_point:
            return "a floating-point number";
        case toml::node_type::boolean:
            return "a boolean";
        default:
            return "a date or a time";
    }
}

TextPosition to_text_position(const toml::source_position& position) {
    return {position.line, position.column};
}

/// `command[2]` as `command` and 2, `env.HOME` as `env` and `HOME`.
struct KeyPath {
    std::string_view base;
    std::optional<std::size_t> index;
    std::string_view member;
};

KeyPath split_key(std::string_view key) {
    const auto mark = std::min(key.find_first_of("[."), key.size());
    KeyPath path{key.substr(0, mark), std::nullopt, {}};
    if (mark == key.size()) return path;
    const auto rest = key.substr(mark + 1);
    if (key[mark] == '.') {
        path.member = rest;
    } else {
        std::size_t index = 0;
        std::from_chars(rest.data(), rest.data() + rest.size(), index);
        path.index = index;
    }
    return path;
}

TextPosition position_of_key(const toml::table& table, std::string_view key) {
    const auto found = table.find(key);
    return to_text_position(found == table.end() ? table.source().begin
                                                 : found->first.source().begin);
}

TextPosition position_of(const toml::table& table, std::string_view key) {
    if (key.empty() || table.contains(key)) return position_of_key(table, key);
    const auto path = split_key(key);
    const auto* node = table.get(path.base);
    if (node == nullptr) return position_of_key(table, {});
    if (const auto* array = node->as_array(); array != nullptr && path.index) {
        if (const auto* element = array->get(*path.index))
            return to_text_position(element->source().begin);
    }
    const auto* member_table = node->as_table();
    if (member_table != nullptr && member_table->contains(path.member))
        return position_of_key(*member_table, path.member);
    return position_of_key(table, path.base);
}

}  // namespace

struct TomlDocument::State {
    toml::table root;
    bool valid = false;
    std::string where;
    Problems* problems = nullptr;

    /// Reading a key twice does not tell its problem twice. Keys, and what toml++ says of them, may
    /// have any character, and end on a terminal.
    void add_problem(TextPosition position, std::string_view raw_key, std::string_view raw_message,
                     std::string hint = {}) {
        auto key = escaped(raw_key);
        auto message = escaped(raw_message);
        if (!told_.emplace(position.line, position.column, key, message).second) return;
        problems->push_back({ErrorCode::invalid, where, position.line, position.column,
                             std::move(key), std::move(message), std::move(hint)});
    }

  private:
    std::set<std::tuple<unsigned, unsigned, std::string, std::string>> told_;
};

TomlDocument::TomlDocument(std::unique_ptr<State> state) : state_(std::move(state)) {}
TomlDocument::~TomlDocument() = default;
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;

TomlDocument TomlDocument::parse(std::string_view text, const std::string& where,
                                 Problems& problems) {
    auto state = std::make_unique<State>();
    state->where = where;
    state->problems = &problems;
    if (const auto line = first_line_too_deep(text); line != 0) {
        state->add_problem({line, 1}, {}, "a key has too many parts",
                           "write at most " + std::to_string(kDeepestKey) + " parts with dots");
        return TomlDocument(std::move(state));
    }
    try {
        state->root = toml::parse(text);
        state->valid = true;
    } catch (const toml::parse_error& error) {
        state->add_problem(to_text_position(error.source().begin), {}, error.description());
    }
    return TomlDocument(std::move(state));
}

bool TomlDocument::valid() const {
    return state_->valid;
}

struct TomlTable::Node {
    TomlDocument::State* document = nullptr;
    const toml::table* table = nullptr;
    /// Of the table itself; empty for the root.
    std::string path;
    std::set<std::string, std::less<>> known;

    [[nodiscard]] std::string path_of(std::string_view key) const {
        if (path.empty()) return std::string(key);
        return key.empty() ? path : path + '.' + std::string(key);
    }

    void add_problem(std::string_view key, const std::string& message,
                     std::string hint = {}) const {
        document->add_problem(position_of(*table, key), path_of(key), message, std::move(hint));
    }

    const toml::node* read(std::string_view key) {
        known.emplace(key);
        return table->get(key);
    }

    void wrong_type(std::string_view key, const toml::node& node, const std::string& wanted,
                    std::string hint = {}) const {
        add_problem(key, "must be " + wanted + ", but is " + type_name(node), std::move(hint));
    }

    template <typename T>
    std::optional<T> value(std::string_view key, const std::string& wanted,
                           const std::string& hint) {
        const auto* node = read(key);
        if (node == nullptr) return std::nullopt;
        if (auto exact = node->value_exact<T>()) return exact;
        wrong_type(key, *node, wanted, hint);
        return std::nullopt;
    }

    [[nodiscard]] std::shared_ptr<Node> child(const toml::table& child_table,
                                              std::string_view key) const {
        auto node = std::make_shared<Node>();
        node->document = document;
        node->table = &child_table;
        node->path = path_of(key);
        return node;
    }
};

TomlTable TomlDocument::root() {
    auto node = std::make_shared<TomlTable::Node>();
    node->document = state_.get();
    node->table = &state_->root;
    return TomlTable(std::move(node));
}

TomlTable::TomlTable(std::shared_ptr<Node> node) : node_(std::move(node)) {}

bool TomlTable::has(std::string_view key) const {
    return node_->table->contains(key);
}

std::optional<std::string> TomlTable::string(std::string_view key) {
    return node_->value<std::string>(key, "a string", "write it in quotes");
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key) {
    return node_->value<std::int64_t>(key, "an integer", "write it without quotes and point");
}

std::optional<double> TomlTable::number(std::string_view key) {
    const auto* node = node_->read(key);
    if (node == nullptr) return std::nullopt;
    if (node->is_number()) return node->value<double>();
    node_->wrong_type(key, *node, "a number", "write it without quotes");
    return std::nullopt;
}

std::optional<bool> TomlTable::boolean(std::string_view key) {
    return node_->value<bool>(key, "a boolean", "write true or false");
}

std::vector<std::string> TomlTable::strings(std::string_view key) {
    const auto* node = node_->read(key);
    if (node == nullptr) return {};
    const auto* array = node->as_array();
    if (array == nullptr) {
        node_->wrong_type(key, *node, "an array of strings", "write it as [\"…\", \"…\"]");
        return {};
    }
    std::vector<std::string> values;
    bool all_strings = true;
    for (std::size_t i = 0; i < array->size(); ++i) {
        const auto& element = *array->get(i);
        const auto text = element.value_exact<std::string>();
        if (text) {
            values.push_back(*text);
            continue;
        }
        all_strings = false;
        node_->wrong_type(std::string(key) + '[' + std::to_string(i) + ']', element, "a string",
                          "write it in quotes");
    }
    return all_strings ? values : std::vector<std::string>{};
}

bool TomlTable::is_array(std::string_view key) const {
    const auto* node = node_->table->get(key);
    return node != nullptr && node->is_array();
}

std::optional<TomlTable> TomlTable::table(std::string_view key) {
    const auto* node = node_->read(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* child = node->as_table()) return TomlTable(node_->child(*child, key));
    node_->wrong_type(key, *node, "a table", "write it once, as [" + node_->path_of(key) + "]");
    return std::nullopt;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
    const auto* node = node_->read(key);
    if (node == nullptr) return {};
    const auto hint = "write each as [[" + std::string(key) + "]]";
    const auto* array = node->as_array();
    if (array == nullptr) {
        node_->wrong_type(key, *node, "an array of tables", hint);
        return {};
    }
    std::vector<TomlTable> children;
    for (std::size_t i = 0; i < array->size(); ++i) {
        const auto element_key = std::string(key) + '[' + std::to_string(i) + ']';
        const auto& element = *array->get(i);
        if (const auto* child = element.as_table())
            children.push_back(TomlTable(node_->child(*child, element_key)));
        else
            node_->wrong_type(element_key, element, "a table", hint);
    }
    return children;
}

std::vector<std::pair<std::string, std::string>> TomlTable::string_map(std::string_view key) {
    const auto child = table(key);
    if (!child) return {};
    std::vector<std::pair<std::string, std::string>> entries;
    for (const auto& [name, node] : *child->node_->table) {
        const auto value = node.value_exact<std::string>();
        if (value)
            entries.emplace_back(name.str(), *value);
        else
            child->node_->wrong_type(name.str(), node, "a string", "write it in quotes");
    }
    return entries;
}

void TomlTable::problem(std::string_view key, const std::string& message, std::string hint) {
    node_->add_problem(key, message, std::move(hint));
}

void TomlTable::finish() {
    const std::vector<std::string> known(node_->known.begin(), node_->known.end());
    std::string all_known;
    for (const auto& key : known)
        all_known += (all_known.empty() ? "known here: " : ", ") + key;
    if (known.size() > kKeysInHint) all_known.clear();

    for (const auto& [key, value] : *node_->table) {
        if (node_->known.contains(key.str())) continue;
        const auto nearest = nearest_word(key.str(), known);
        node_->document->add_problem(
            to_text_position(key.source().begin), node_->path_of(key.str()), "unknown key",
            nearest.empty() ? all_known : "did you mean \"" + nearest + "\"?");
    }
}

std::optional<TextPosition> TomlTable::end_of(std::string_view key) const {
    const auto* node = node_->table->get(key);
    if (node == nullptr) return std::nullopt;
    return to_text_position(node->source().end);
}

bool TomlTable::is_inline() const {
    return node_->table->is_inline();
}

}  // namespace agent::model
