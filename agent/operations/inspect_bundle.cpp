// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/operations/inspect_bundle.hpp"

#include "agent/operations/candidates.hpp"
#include "agent/operations/scope_texts.hpp"
#include "agent/store/atomic_file.hpp"

namespace agent::operations {

namespace {

using model::Problems;
using model::Result;

Result<model::Description> parse(const std::string& text, const std::string& where) {
    Problems problems;
    auto description = model::parse_description(text, where, problems);
    if (!problems.empty()) return model::fail(model::to_error(problems));
    return description;
}

Result<InspectedBundle> read_head(bundle::BundleReader& reader, const std::filesystem::path& file) {
    InspectedBundle inspected;
    inspected.digest = reader.digest();
    inspected.is_signed = !reader.signature().empty();
    TRY_ASSIGN(inspected.text, reader.read_description());
    TRY_ASSIGN(inspected.description, parse(inspected.text, file.string()));
    inspected.size = reader.manifest().total_size();
    inspected.members = reader.manifest().entries().size();
    TRY_ASSIGN(const auto delta, reader.read_delta_origin());
    if (!delta) return inspected;
    auto origin = bundle::parse_delta_origin(*delta);
    if (!origin)
        return model::fail(origin.error().with_context(file.string() + ": member " +
                                                       std::string(bundle::kDeltaMember)));
    inspected.delta = std::move(*origin);
    return inspected;
}

}  // namespace

Result<InspectedBundle> inspect_bundle(const Context& context, const std::filesystem::path& file) {
    TRY_ASSIGN(auto reader, bundle::BundleReader::open(file));
    const auto trust = bundle::TrustStore::load(trust_directory(context));
    auto signer = trust ? judge_signature(context, *trust, reader, file)
                        : Result<std::optional<bundle::TrustedSigner>>(
                              tl::unexpected<model::Error>(trust.error()));
    TRY_ASSIGN(auto inspected, read_head(reader, file));
    if (signer && *signer)
        if (auto limits = bundle::check_limits(*trust, **signer, inspected.description); !limits)
            signer = tl::unexpected<model::Error>(limits.error());
    if (signer)
        inspected.signer = *signer;
    else
        inspected.distrust = signer.error().text();
    return inspected;
}

Result<InspectedBundle> verify_bundle(const Context& context, const std::filesystem::path& file) {
    TRY_ASSIGN(auto reader, bundle::BundleReader::open(file));
    TRY_ASSIGN(const auto trust, bundle::TrustStore::load(trust_directory(context)));
    TRY_ASSIGN(const auto signer, judge_signature(context, trust, reader, file));
    TRY_ASSIGN(auto inspected, read_head(reader, file));
    if (signer) TRY(bundle::check_limits(trust, *signer, inspected.description));
    inspected.signer = signer;
    if (inspected.delta)
        context.progress.warning(file.string() +
                                 ": is a delta: its images are compared with the manifest when it "
                                 "is installed, not here");
    TRY(reader.verify_rest([&context](std::uint64_t done, std::uint64_t total) {
        context.progress.bytes(done, total);
        return !context.cancelled();
    }));
    return inspected;
}

Result<model::Description> validate_description(const Context& context,
                                                const std::filesystem::path& file) {
    TRY_ASSIGN(const auto text, store::read_file(file));
    TRY_ASSIGN(auto description, parse(text, file.string()));
    std::vector<std::pair<std::string, std::filesystem::path>> files;
    if (const auto schemas = add_schemas(description, file, files); !schemas) {
        // One that lies elsewhere is given to `bundle create`.
        if (schemas.error().code() != model::ErrorCode::not_found)
            return model::fail(schemas.error());
        context.progress.warning(schemas.error().text());
    }
    return description;
}

}  // namespace agent::operations
