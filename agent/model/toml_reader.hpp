// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/model/problem.hpp"

namespace agent::model {

class TomlTable;

/// A parsed TOML text. What is wrong is added to the `problems` it was parsed with, at once and
/// while its tables are read, each with line, column and key. toml++ shows nowhere else.
class TomlDocument {
  public:
    /// A syntax error is one problem, and the document is then empty. `where` names the file.
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

/// One table of a document. Reading a key marks it as known; `finish()` reports the others.
/// A value of the wrong type is a problem, and reads as if it were absent.
class TomlTable {
  public:
    [[nodiscard]] bool has(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> string(std::string_view key);
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key);
    /// An integer is read as a number, too.
    [[nodiscard]] std::optional<double> number(std::string_view key);
    [[nodiscard]] std::optional<bool> boolean(std::string_view key);
    [[nodiscard]] std::vector<std::string> strings(std::string_view key);
    /// The same, with the path of every element, such as `command[2]`, for problems.
    [[nodiscard]] std::optional<TomlTable> table(std::string_view key);
    /// An array of tables, `[[key]]` or inline.
    [[nodiscard]] std::vector<TomlTable> tables(std::string_view key);
    /// All keys of a table of strings, such as `env`; each is marked as known.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> string_map(std::string_view key);
    [[nodiscard]] std::vector<std::string> keys() const;

    /// Adds a problem at the position of `key`, or of the table where the key is absent or empty.
    void problem(std::string_view key, std::string message, std::string hint = {});
    /// Reports every key that nobody read, with the nearest known one as a hint.
    void finish();

  private:
    friend class TomlDocument;
    struct Node;
    explicit TomlTable(std::shared_ptr<Node> node);
    std::shared_ptr<Node> node_;
};

}  // namespace agent::model
