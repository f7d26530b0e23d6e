// SPDX-License-Identifier: GPL-3.0-or-later
// Making of image stores in memory: a store is what podman would have written for its refs, and a
// file system the list of what is in it.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "agent/crypto/sha256.hpp"
#include "agent/host/store_maker.hpp"
#include "tests/unit/operations/fake_host.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace test {

class FakeStoreMaker final : public host::StoreMaker {
  public:
    explicit FakeStoreMaker(CallFaults& faults) : faults_(faults) {}

    Result<> check() override {
        return faults_.call("store_maker.check", [&]() -> Result<> {
            if (refusal) return model::fail(*refusal);
            return {};
        });
    }
    Result<std::filesystem::path> make_scratch(const std::filesystem::path& parent) override {
        return faults_.call("store_maker.make_scratch", [&]() -> Result<std::filesystem::path> {
            std::filesystem::create_directories(parent / "scratch");
            return parent / "scratch";
        });
    }
    Result<std::filesystem::path> unpack(const std::filesystem::path& layout,
                                         const std::set<std::string>& refs,
                                         const std::filesystem::path& scratch) override {
        return faults_.call("store_maker.unpack", [&]() -> Result<std::filesystem::path> {
            if (!std::filesystem::exists(layout / "index.json"))
                return model::fail(ErrorCode::not_found, layout.string());
            write_store(scratch / "store", refs);
            return scratch / "store";
        });
    }
    Result<> take_out(const std::filesystem::path& file, const std::set<model::Sha256>& images,
                      const std::filesystem::path& layout,
                      const std::filesystem::path& /*scratch*/) override {
        return faults_.call("store_maker.take_out", [&]() -> Result<> {
            if (!std::filesystem::exists(file))
                return model::fail(ErrorCode::not_found, file.string());
            taken_out = images;
            std::filesystem::copy(gives_out, layout, std::filesystem::copy_options::recursive);
            return {};
        });
    }
    Result<> discard(const std::filesystem::path& scratch) override {
        return faults_.call("store_maker.discard", [&]() -> Result<> {
            std::filesystem::remove_all(scratch);
            return {};
        });
    }
    Result<> pack(const std::filesystem::path& directory,
                  const std::filesystem::path& file) override {
        return faults_.call("store_maker.pack", [&]() -> Result<> {
            packed = tree_of(directory);
            std::string all = "hsqs";  // as a squashfs begins
            for (const auto& [path, content] : packed)
                all.append(path).append(" ").append(content).append("\n");
            write_text(file, all);
            return {};
        });
    }

    /// What check() says.
    std::optional<model::Error> refusal;
    /// The tree that was packed last.
    std::map<std::string, std::string> packed;
    /// The layout that comes out of every store, and what was asked for last.
    std::filesystem::path gives_out;
    std::set<model::Sha256> taken_out;

  private:
    void write_store(const std::filesystem::path& store, const std::set<std::string>& refs) {
        const auto run = std::to_string(++runs_);
        std::string images;
        std::string layers;
        for (const auto& ref : refs) {
            const auto layer = agent::crypto::sha256(ref).hex();
            write_text(store / "overlay" / layer / "diff/file", "file of " + ref);
            write_text(store / "overlay" / layer / "link", run);
            write_text(store / "overlay-images" / ref / "manifest", "manifest of " + ref);
            images += (images.empty() ? R"({"id":")" : R"(,{"id":")") + ref + R"(","layer":")" +
                      layer + R"(","created":")" + run + R"("})";
            layers += (layers.empty() ? R"({"id":")" : R"(,{"id":")") + layer + R"("})";
        }
        write_text(store / "overlay-images/images.json", "[" + images + "]");
        write_text(store / "overlay-layers/layers.json", "[" + layers + "]");
    }

    CallFaults& faults_;
    unsigned runs_ = 0;
};

}  // namespace test
