// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/tar_split.hpp"

#include <cstdint>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "agent/model/base64.hpp"

namespace agent::podman {

namespace {

using model::ErrorCode;
using model::fail;
using model::Result;
using Entry = nlohmann::ordered_json;

/// Types of entries: https://github.com/vbatts/tar-split, tar/storage/entry.go.
constexpr int kFile = 1;
constexpr int kSegment = 2;

class Joiner {
  public:
    explicit Joiner(std::ostream& to) : to_(to) {}

    /// False for an entry that podman does not write.
    bool add(Entry entry) {
        const int type = entry.at("type");
        if (type == kFile) {
            flush();
            write(std::move(entry));
        }
        if (type != kSegment) return type == kFile;
        const auto bytes = model::from_base64(entry.at("payload").get<std::string>());
        if (bytes) segment_ += *bytes;
        return bytes.has_value();
    }
    void flush() {
        if (!segment_.empty()) write({{"type", kSegment}, {"payload", model::to_base64(segment_)}});
        segment_.clear();
    }

  private:
    void write(Entry entry) {
        entry["position"] = position_++;
        to_ << entry.dump() << '\n';
    }

    std::ostream& to_;
    std::string segment_;
    std::uint64_t position_ = 0;
};

}  // namespace

Result<> join_segments(std::istream& from, std::ostream& to) {
    Joiner joiner(to);
    try {
        for (std::string line; std::getline(from, line);)
            if (!joiner.add(Entry::parse(line)))
                return fail(ErrorCode::internal, "an entry that is unknown: " + line.substr(0, 80));
        joiner.flush();
    } catch (const Entry::exception& exception) {
        return fail(ErrorCode::internal, exception.what());
    }
    return {};
}

}  // namespace agent::podman
