// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/image_layers.hpp"

#include "agent/images/store_records.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/temporary_directory.hpp"

namespace {

using agent::images::image_layers;
using agent::model::Sha256;

Sha256 id(char digit) {
    return *Sha256::parse(std::string(64, digit));
}

std::string quoted(const Sha256& value) {
    return '"' + value.hex() + '"';
}

/// An image of layers b over a.
void write_store(const std::filesystem::path& store, const std::string& parent_of_b) {
    test::write_text(store / "overlay-images/images.json",
                     "[{\"id\":" + quoted(id('1')) + ",\"layer\":" + quoted(id('b')) + "}]");
    test::write_text(store / "overlay-layers/layers.json", "[{\"id\":" + quoted(id('a')) +
                                                               "},{\"id\":" + quoted(id('b')) +
                                                               ",\"parent\":" + parent_of_b + "}]");
    for (const char layer : {'a', 'b'})
        test::write_text(store / "overlay" / id(layer).hex() / "link",
                         agent::images::link_id(id(layer)));
}

}  // namespace

TEST_CASE("an image's layers are given from the topmost down") {
    const test::TemporaryDirectory directory;
    write_store(directory.path(), quoted(id('a')));
    const auto layers = image_layers(directory.path(), id('1'));
    REQUIRE(layers);
    REQUIRE(layers->has_value());
    const auto links = directory.path() / "overlay/l";
    CHECK(**layers == std::vector<std::filesystem::path>{links / agent::images::link_id(id('b')),
                                                         links / agent::images::link_id(id('a'))});
}

TEST_CASE("an image that is not there has no layers, nor has one without a store") {
    const test::TemporaryDirectory directory;
    const auto without = image_layers(directory.path(), id('1'));
    REQUIRE(without);
    CHECK_FALSE(without->has_value());
    write_store(directory.path(), quoted(id('a')));
    const auto other = image_layers(directory.path(), id('2'));
    REQUIRE(other);
    CHECK_FALSE(other->has_value());
}

TEST_CASE("layers that are missing, or below themselves, are an error") {
    const test::TemporaryDirectory directory;
    for (const auto& parent : {quoted(id('c')), quoted(id('b'))}) {
        write_store(directory.path(), parent);
        const auto layers = image_layers(directory.path(), id('1'));
        REQUIRE_FALSE(layers);
        CHECK(layers.error().text().find("lacks layer") != std::string::npos);
    }
}
