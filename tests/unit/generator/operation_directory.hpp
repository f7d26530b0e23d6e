// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "generator/link_units.hpp"
#include "tests/unit/catch.hpp"

/// A real operation directory and a generator's output directory, below a temporary one.
class OperationDirectory {
  public:
    using Reports = std::vector<std::pair<std::string, std::string>>;
    using Links = std::map<std::string, std::string>;

    OperationDirectory() {
        std::string pattern = std::filesystem::temp_directory_path() / "generator-XXXXXX";
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        root_ = pattern;
        // What the generator refuses must be what a test made so.
        umask(022);
        std::filesystem::create_directories(operation());
        std::filesystem::create_directories(output());
    }
    OperationDirectory(const OperationDirectory&) = delete;
    OperationDirectory& operator=(const OperationDirectory&) = delete;
    ~OperationDirectory() { std::filesystem::remove_all(root_); }

    [[nodiscard]] std::filesystem::path operation() const { return root_ / "operation"; }
    [[nodiscard]] std::filesystem::path output() const { return root_ / "late"; }
    [[nodiscard]] std::filesystem::path units(const std::string& generation = "7") const {
        return operation() / "update-agent/generations" / generation / "units";
    }

    /// A generation with the units, of which `wants` are wanted.
    void make_generation(const std::string& number, const std::vector<std::string>& units_of,
                         const std::vector<std::string>& wants = {}) const {
        std::filesystem::create_directories(units(number) / "installed-bundles.target.wants");
        for (const auto& name : units_of)
            write(name, number);
        for (const auto& name : wants)
            std::filesystem::create_symlink(
                "../" + name, units(number) / "installed-bundles.target.wants" / name);
    }

    void write(const std::string& name, const std::string& number = "7") const {
        const auto file = units(number) / name;
        std::ofstream(file) << "[Unit]\n";
        std::filesystem::permissions(file, std::filesystem::perms(0644));
    }

    void set_current(const std::string& target) const {
        std::filesystem::remove(operation() / "systemd-units");
        std::filesystem::create_symlink(target, operation() / "systemd-units");
    }

    void use_generation(const std::string& number) const {
        set_current("update-agent/generations/" + number + "/units");
    }

    /// Runs the generator as the owner of the test's files; returns what it reported.
    [[nodiscard]] Reports generate(uid_t owner = geteuid()) const {
        reports().clear();
        const auto from = operation();
        const auto to = output();
        generator::link_units({.operation_directory = from.c_str(),
                               .output_directory = to.c_str(),
                               .owner = owner,
                               .report = [](const char* name, const char* reason) {
                                   reports().emplace_back(name, reason);
                               }});
        return reports();
    }

    /// Every link below the output directory, and where it leads.
    [[nodiscard]] Links links() const {
        Links links;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(output()))
            if (entry.is_symlink())
                links[entry.path().lexically_relative(output())] =
                    std::filesystem::read_symlink(entry.path());
        return links;
    }

  private:
    static Reports& reports() {
        static Reports reports;
        return reports;
    }

    std::filesystem::path root_;
};
