// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/trust.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>

#include "agent/bundle/file_io.hpp"
#include "agent/model/toml_reader.hpp"

namespace agent::bundle {

using model::errno_error;
using model::ErrorCode;
using model::fail;
using model::Result;

namespace {

constexpr std::uint64_t kMaxAnchorBytes = 1U << 20U;
/// A certificate authority's list may name many thousands of certificates.
constexpr std::uint64_t kMaxCrlBytes = 64U << 20U;

Result<std::vector<std::filesystem::path>> files_of(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    std::filesystem::directory_iterator entries(directory, error);
    if (error.value() == ENOENT) return files;
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error))
        files.push_back(entries->path());
    if (error) return fail(errno_error(error.value(), "reading " + directory.string()));
    // Which anchor comes first must not hang on the file system.
    std::sort(files.begin(), files.end());
    return files;
}

std::optional<model::BundleType> parse_type(const std::string& text) {
    if (text == "base") return model::BundleType::base;
    if (text == "addon") return model::BundleType::addon;
    return std::nullopt;
}

std::string to_string(model::BundleType type) {
    return type == model::BundleType::base ? "base" : "addon";
}

/// A limit that is there but empty would read as "any": it is refused, not widened.
void read_limits(model::TomlTable table, TrustAnchor& anchor) {
    anchor.ids = table.strings("ids");
    const std::vector<std::string> types = table.strings("types");
    for (const auto& text : types) {
        if (const auto type = parse_type(text))
            anchor.types.push_back(*type);
        else
            table.problem("types", "`" + text + "` is not a type", "base, addon");
    }
    if (table.has("ids") && anchor.ids.empty())
        table.problem("ids", "names no bundle", "leave it out for any bundle, or `ids = [\"…\"]`");
    if (table.has("types") && types.empty())
        table.problem("types", "names no type", "leave it out for any, or base, addon");
    table.finish();
}

Result<> load_limits(const std::filesystem::path& file, TrustAnchor& anchor) {
    auto text = read_file(file, kMaxAnchorBytes);
    if (!text && text.error().code() == ErrorCode::not_found) return {};
    if (!text) return fail(text.error());
    model::Problems problems;
    auto document = model::TomlDocument::parse(*text, file.string(), problems);
    if (document.valid()) read_limits(document.root(), anchor);
    if (!problems.empty()) return fail(model::to_error(problems));
    return {};
}

Result<TrustAnchor> load_anchor(const std::filesystem::path& file) {
    TrustAnchor anchor;
    anchor.name = file.stem();
    TRY_ASSIGN(anchor.pem, read_file(file, kMaxAnchorBytes));
    auto certificates = crypto::certificate_fingerprints(anchor.pem);
    if (!certificates) return fail(certificates.error().with_context(file.string()));
    if (certificates->empty())
        return fail(ErrorCode::invalid, file.string() + ": holds no PEM certificate");
    anchor.certificates = std::move(*certificates);
    TRY(load_limits(std::filesystem::path(file).replace_extension(".toml"), anchor));
    return anchor;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string result;
    for (const auto& text : texts)
        result += (result.empty() ? "" : ", ") + text;
    return result;
}

bool may_sign(const TrustAnchor& anchor, const model::Description& description) {
    const std::string& id = description.id.value();
    const bool id_fits = anchor.ids.empty() ||
                         std::any_of(anchor.ids.begin(), anchor.ids.end(), [&](const auto& glob) {
                             return ::fnmatch(glob.c_str(), id.c_str(), 0) == 0;
                         });
    const bool type_fits =
        anchor.types.empty() ||
        std::find(anchor.types.begin(), anchor.types.end(), description.type) != anchor.types.end();
    return id_fits && type_fits;
}

std::string limits_text(const TrustAnchor& anchor) {
    std::vector<std::string> types;
    for (const auto type : anchor.types)
        types.push_back(to_string(type));
    return (anchor.ids.empty() ? "any id" : "ids " + joined(anchor.ids)) + " and " +
           (types.empty() ? "any type" : "type " + joined(types));
}

}  // namespace

Result<TrustStore> TrustStore::load(const std::filesystem::path& directory) {
    TrustStore store;
    store.directory = directory;
    TRY_ASSIGN(const auto files, files_of(directory));
    for (const auto& file : files) {
        if (file.extension() == ".pem") {
            TRY_ASSIGN(TrustAnchor anchor, load_anchor(file));
            store.anchors.push_back(std::move(anchor));
        } else if (file.extension() == ".crl") {
            TRY_ASSIGN(std::string crl, read_file(file, kMaxCrlBytes));
            const auto count = crypto::count_crls(crl);
            if (!count) return fail(count.error().with_context(file.string()));
            if (*count == 0)
                return fail(ErrorCode::invalid, file.string() + ": holds no revocation list");
            store.crls.push_back(std::move(crl));
        } else if (file.extension() == ".toml" &&
                   !std::filesystem::exists(
                       std::filesystem::path(file).replace_extension(".pem"))) {
            return fail(ErrorCode::invalid,
                        file.string() +
                            ": limits a certificate that is not there; it belongs "
                            "beside a file of the same name with `.pem`");
        }
    }
    return store;
}

Result<TrustedSigner> verify_manifest(const TrustStore& store, std::string_view manifest,
                                      std::string_view signature,
                                      const crypto::ValidityClock& clock) {
    if (signature.empty())
        return fail(ErrorCode::untrusted,
                    "the bundle is not signed: sign it, or set `signed-bundles-only = false` for "
                    "development only");
    if (store.anchors.empty())
        return fail(ErrorCode::untrusted,
                    "there is no trust anchor in " + store.directory.string() +
                        ": put the certificate of whoever may sign there, as NAME.pem");
    crypto::VerificationMaterial material;
    for (const auto& anchor : store.anchors)
        material.anchors.push_back(anchor.pem);
    material.crls = store.crls;
    TRY_ASSIGN(crypto::Signer signer,
               crypto::verify_detached(manifest, signature, material, clock));
    std::string name = store.anchors.at(signer.anchor).name;
    return TrustedSigner{std::move(signer), std::move(name)};
}

Result<> check_limits(const TrustStore& store, const TrustedSigner& signer,
                      const model::Description& description) {
    std::string leave;
    for (const auto& anchor : store.anchors) {
        const bool holds_it =
            std::find(anchor.certificates.begin(), anchor.certificates.end(),
                      signer.signer.anchor_fingerprint) != anchor.certificates.end();
        if (!holds_it) continue;
        if (may_sign(anchor, description)) return {};
        leave += (leave.empty() ? "" : "; ") + anchor.name + ".pem: " + limits_text(anchor);
    }
    return fail(ErrorCode::untrusted,
                "bundle " + description.id.value() + " (" + to_string(description.type) +
                    ") is signed by " + signer.signer.subject + ", whose anchor may not sign it (" +
                    leave + "): change the limits in " +
                    (store.directory / (signer.anchor_name + ".toml")).string() + " if it should");
}

}  // namespace agent::bundle
