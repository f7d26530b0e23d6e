// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/model/problem.hpp"

namespace agent::model {

class TomlTable;

/// A place in a text. Both count from 1; columns are code points, not bytes.
struct TextPosition {
    unsigned line = 0;
    unsigned column = 0;
};

/// A parsed TOML text. What is wrong is added to the `problems` it was parsed with, at once and
/// while its tables are read, each with line, column and key. toml++ shows nowhere else.
class TomlDocument {
  public:
    /// A syntax error is one problem, and the document is then empty. `where` names the file.
    /// `problems` must outlive the document.
    [[nodiscard]] static TomlDocument parse(std::string_view text, const std::string& where,
                                            Problems& problems);
    ~TomlDocument();
    TomlDocument(TomlDocument&&) noexcept;
    TomlDocument& operator=(TomlDocument&&) noexcept;

    /// Whether the text was TOML at all.
    [[nodiscard]] bool valid() const;
    /// The table at the root. Lives as long as the document.
    [[nodiscard]] TomlTable root();

  private:
    friend class TomlTable;
    struct State;
    explicit TomlDocument(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// One table of a document; a copy reads the same table. Reading a key marks it as known;
/// `finish()` reports the others. A value of the wrong type is a problem, and reads as if it were
/// absent.
class TomlTable {
  public:
    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> string(std::string_view key);
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key);
    /// An integer is read as a number, too.
    [[nodiscard]] std::optional<double> number(std::string_view key);
    [[nodiscard]] std::optional<bool> boolean(std::string_view key);
    /// An array of strings; empty when one of its elements is none.
    [[nodiscard]] std::vector<std::string> strings(std::string_view key);
    /// For a key that takes a string as well as an array: whether it has an array.
    [[nodiscard]] bool is_array(std::string_view key) const;
    [[nodiscard]] std::optional<TomlTable> table(std::string_view key);
    /// An array of tables, `[[key]]` or inline.
    [[nodiscard]] std::vector<TomlTable> tables(std::string_view key);
    /// All keys of a table of strings, such as `env`, in alphabetical order.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> string_map(std::string_view key);

    /// Adds a problem at the position of `key`, or of the table where the key is absent or empty.
    /// `key` may name an element as `command[2]`, or a key of a table as `env.HOME`.
    void problem(std::string_view key, const std::string& message, std::string hint = {});
    /// Reports every key that nobody read, with the nearest known one as a hint.
    void finish();

    /// Just behind the value of `key`; nothing when it is absent.
    [[nodiscard]] std::optional<TextPosition> end_of(std::string_view key) const;
    /// Whether the table is written as `{ … }`.
    [[nodiscard]] bool is_inline() const;

  private:
    friend class TomlDocument;
    struct Node;
    explicit TomlTable(std::shared_ptr<Node> node);
    std::shared_ptr<Node> node_;
};

}  // namespace agent::model
