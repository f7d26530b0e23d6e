// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/containers/create_spec.hpp"

#include <cassert>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "agent/containers/create_arguments.hpp"
#include "agent/crypto/sha256.hpp"

namespace agent::containers {
namespace {

using Json = nlohmann::json;
using model::ErrorCode;
using model::Result;

constexpr int kFormat = 1;
/// The name and the spec label come first and are no part of the digest, which they carry.
constexpr std::size_t kUndigested = 2;

std::string label(std::string_view key, const std::string& value) {
    return "--label=" + std::string(key) + "=" + value;
}

/// Over netstrings: the same text only for the same list.
model::Sha256 digest_of(std::span<const std::string> arguments) {
    std::string text;
    for (const auto& argument : arguments)
        text += std::to_string(argument.size()) + ":" + argument + ",";
    return crypto::sha256(text);
}

std::string podman_name(const model::ContainerName& name, const model::Sha256& spec) {
    return name.value() + "-" + spec.hex().substr(0, 8);
}

std::vector<std::string> undigested(const model::InstalledContainer& container) {
    return {"--name=" + container.podman_name, label(kSpecLabel, container.spec.hex())};
}

Result<> check(const CreateSpec& spec) {
    const std::span<const std::string> all = spec.arguments;
    if (all.size() < kUndigested || digest_of(all.subspan(kUndigested)) != spec.container.spec)
        return model::fail(ErrorCode::invalid, "the digest does not fit the arguments");
    const auto expected = undigested(spec.container);
    if (!std::equal(expected.begin(), expected.end(), all.begin()))
        return model::fail(ErrorCode::invalid, "the name does not fit the digest");
    return {};
}

Result<CreateSpec> from_json(const Json& json) {
    const int format = json.at("format").get<int>();
    if (format != kFormat)
        return model::fail(ErrorCode::invalid, "format " + std::to_string(format) +
                                                   " is not known to this version (it knows " +
                                                   std::to_string(kFormat) + ")");
    CreateSpec spec;
    TRY_ASSIGN(spec.container.name,
               model::ContainerName::parse(json.at("name").get<std::string>()));
    TRY_ASSIGN(spec.container.spec, model::Sha256::parse(json.at("spec").get<std::string>()));
    TRY_ASSIGN(spec.container.image_id,
               model::Sha256::parse(json.at("image-id").get<std::string>()));
    spec.container.podman_name = podman_name(spec.container.name, spec.container.spec);
    spec.arguments = json.at("arguments").get<std::vector<std::string>>();
    TRY(check(spec));
    return spec;
}

CreateSpec make_spec(const model::BundleId& bundle, const model::Container& container,
                     std::string_view name_label, const Placement& placement,
                     std::vector<std::string> options) {
    assert(container.image_id && "the image must be known before the container is created");
    std::vector<std::string> digested = {label(kBundleLabel, bundle.value()),
                                         label(name_label, container.name.value())};
    if (placement.mounted_image) digested.push_back(label(kImageLabel, "mounted"));
    std::move(options.begin(), options.end(), std::back_inserter(digested));
    digested.push_back(container.image_id->hex());
    digested.insert(digested.end(), container.command.begin(), container.command.end());

    CreateSpec spec;
    spec.container.name = container.name;
    spec.container.spec = digest_of(digested);
    spec.container.podman_name = podman_name(container.name, spec.container.spec);
    spec.container.image_id = *container.image_id;
    spec.arguments = undigested(spec.container);
    std::move(digested.begin(), digested.end(), std::back_inserter(spec.arguments));
    return spec;
}

}  // namespace

CreateSpec make_create_spec(const model::BundleId& bundle, const model::Container& container,
                            const Placement& placement) {
    return make_spec(bundle, container, kContainerLabel, placement,
                     container_options(container, placement));
}

CreateSpec make_init_spec(const model::BundleId& bundle, const model::Container& container,
                          const Placement& placement) {
    return make_spec(bundle, container, kInitLabel, placement,
                     init_container_options(container, placement));
}

std::string to_text(const CreateSpec& spec) {
    const Json json = {{"format", kFormat},
                       {"name", spec.container.name.value()},
                       {"spec", spec.container.spec.hex()},
                       {"image-id", spec.container.image_id.hex()},
                       {"arguments", spec.arguments}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<CreateSpec> parse_create_spec(std::string_view text) {
    try {
        auto spec = from_json(Json::parse(text));
        if (!spec) return model::fail(std::move(spec).error().with_context("create arguments"));
        return spec;
    } catch (const Json::exception& error) {
        return model::fail(ErrorCode::invalid,
                           std::string("create arguments: damaged: ") + error.what());
    }
}

}  // namespace agent::containers
