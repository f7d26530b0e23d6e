// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdint>
#include <string>

#include "agent/model/image_store.hpp"
#include "tests/fuzz/invariant.hpp"

using agent::model::ErrorCode;
using agent::model::ImageStore;
using agent::model::parse_image_store;

namespace {

void check_values(const ImageStore& store) {
    fuzz::require(store.hash_offset != 0 && store.hash_offset % 4096 == 0,
                  "the hash tree begins with a block of its own");
    fuzz::require(store.hash_offset < store.size, "the hash tree is in the file");
    fuzz::require(store.digest.hex().size() == 64 && store.root_hash.hex().size() == 64,
                  "digests are whole");
    fuzz::require(std::is_sorted(store.images.begin(), store.images.end()), "images are sorted");
    fuzz::require(
        std::adjacent_find(store.images.begin(), store.images.end()) == store.images.end(),
        "an image is there once");
    fuzz::require(store.images.size() <= 4096, "images are bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    const auto store = parse_image_store(text, "store.json");
    if (!store) {
        fuzz::require(store.error().code() == ErrorCode::invalid, "a bad text is invalid input");
        const auto error = store.error().text();
        fuzz::require(error.rfind("store.json: ", 0) == 0, "an error says where");
        fuzz::require(std::none_of(error.begin(), error.end(),
                                   [](char c) { return c >= 0 && c < 0x20 && c != '\n'; }),
                      "an error has no control characters");
        return 0;
    }
    check_values(*store);
    const auto again = parse_image_store(to_text(*store), "store.json");
    fuzz::require(again && *again == *store, "what is written reads the same");
    return 0;
}
