// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/image_store.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "agent/model/bounded_json.hpp"
#include "agent/model/problem.hpp"
#include "agent/model/text.hpp"

namespace agent::model {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kKnownVersion = 1;
constexpr std::size_t kMaxBytes = 1U << 20U;
constexpr std::size_t kMaxImages = 4096;
/// Of the hash tree, which begins with a block of its own.
constexpr std::uint64_t kBlockBytes = 4096;
/// What a file can have.
constexpr std::uint64_t kMaxFileBytes = std::numeric_limits<std::int64_t>::max();

constexpr auto kVersion = "version";
constexpr auto kRootHash = "root-hash";
constexpr auto kHashOffset = "hash-offset";
constexpr auto kSize = "size";
constexpr auto kDigest = "sha256";
constexpr auto kImages = "images";

/// The keys of one object, and all that is wrong with them.
class Fields {
  public:
    Fields(const Json& object, const std::string& where) : object_(object), where_(where) {}

    std::optional<std::uint64_t> number(const std::string& key) {
        const Json* const value = find(key);
        if (value == nullptr) return std::nullopt;
        if (value->is_number_unsigned() && value->get<std::uint64_t>() <= kMaxFileBytes)
            return value->get<std::uint64_t>();
        complain(key, "is not a whole number from 0 to " + std::to_string(kMaxFileBytes));
        return std::nullopt;
    }

    Sha256 digest(const std::string& key) {
        const Json* const value = find(key);
        return value == nullptr ? Sha256() : digest_of(key, *value);
    }

    /// Sorted.
    std::vector<Sha256> digests(const std::string& key) {
        const Json* const value = find(key);
        if (value == nullptr) return {};
        if (!value->is_array() || value->size() > kMaxImages) {
            complain(key, "is not a list of at most " + std::to_string(kMaxImages) + " digests");
            return {};
        }
        std::set<Sha256> digests;
        for (std::size_t i = 0; i < value->size(); ++i) {
            const std::string place = key + "[" + std::to_string(i) + "]";
            const Sha256 digest = digest_of(place, (*value)[i]);
            if (!digest.hex().empty() && !digests.insert(digest).second)
                complain(place, digest.hex() + " is there already", "name each image once");
        }
        return {digests.begin(), digests.end()};
    }

    void complain(const std::string& key, std::string message, std::string hint = {}) {
        Problem problem;
        problem.where = where_;
        problem.key = key;
        problem.message = std::move(message);
        problem.hint = std::move(hint);
        problems_.push_back(std::move(problem));
    }

    [[nodiscard]] const Problems& problems() const { return problems_; }

  private:
    const Json* find(const std::string& key) {
        const auto found = object_.find(key);
        if (found != object_.end()) return &*found;
        complain(key, "is missing");
        return nullptr;
    }

    /// Without the prefix that Sha256::parse() takes as well, so that one value has one text.
    Sha256 digest_of(const std::string& key, const Json& value) {
        const auto text = value.is_string() ? value.get<std::string>() : std::string();
        const auto digest = Sha256::parse(text);
        if (digest && digest->hex() == text) return *digest;
        complain(key, (value.is_string() ? in_quotes(text) : "this value") + " is not a SHA-256",
                 "write 64 lower-case hexadecimal digits in quotes");
        return {};
    }

    const Json& object_;
    const std::string& where_;
    Problems problems_;
};

/// Whether the other keys are worth a look.
bool has_known_version(Fields& fields) {
    const auto version = fields.number(kVersion);
    if (!version || *version == kKnownVersion) return true;
    fields.complain(kVersion, std::to_string(*version) + " is not known",
                    "this update-agent knows version " + std::to_string(kKnownVersion) +
                        "; a newer one may know more");
    return false;
}

void read_extent(Fields& fields, ImageStore& store) {
    const auto offset = fields.number(kHashOffset);
    const auto size = fields.number(kSize);
    store.hash_offset = offset.value_or(0);
    store.size = size.value_or(0);
    if (offset && (*offset == 0 || *offset % kBlockBytes != 0))
        fields.complain(kHashOffset, std::to_string(*offset) + " is not a multiple of " +
                                         std::to_string(kBlockBytes) + " above 0");
    if (offset && size && *offset >= *size)
        fields.complain(kHashOffset, std::to_string(*offset) + " is not less than the size, " +
                                         std::to_string(*size));
}

}  // namespace

std::string store_name(const Sha256& root_hash) {
    constexpr std::size_t kDigits = 16;
    return root_hash.hex().substr(0, kDigits);
}

std::string store_member(const Sha256& root_hash) {
    return "images/" + store_name(root_hash) + ".sqfs";
}

Result<ImageStore> parse_image_store(const std::string& text, const std::string& where) {
    auto json = parse_json(text, kMaxBytes);
    if (json && !json->is_object()) json = fail(ErrorCode::invalid, "is not a JSON object");
    if (!json) return fail(json.error().with_context(where));

    Fields fields(*json, where);
    ImageStore store;
    if (has_known_version(fields)) {
        store.root_hash = fields.digest(kRootHash);
        read_extent(fields, store);
        store.digest = fields.digest(kDigest);
        store.images = fields.digests(kImages);
    }
    if (!fields.problems().empty()) return fail(to_error(fields.problems()));
    return store;
}

std::string to_text(const ImageStore& store) {
    Json images = Json::array();
    for (const auto& image : store.images)
        images.push_back(image.hex());
    const Json json{{kVersion, kKnownVersion},        {kRootHash, store.root_hash.hex()},
                    {kHashOffset, store.hash_offset}, {kSize, store.size},
                    {kDigest, store.digest.hex()},    {kImages, std::move(images)}};
    return json.dump(2) + "\n";
}

}  // namespace agent::model
