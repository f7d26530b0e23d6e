// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/images/merged_store.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/unit/catch.hpp"
#include "tests/unit/images/store_example.hpp"
#include "tests/unit/store/example.hpp"

using namespace agent::images;
using agent::model::ErrorCode;
using test::id;
using test::image;
using test::layer;
using test::link_id;
using test::store_of;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

/// Two images on a common lowest layer.
MountedStore first() {
    return store_of("/m/1", {image('a', '2', {"x:1"}), image('b', '1', {"y:1", "y:2"})},
                    {layer('2', '1'), layer('1')}, "12");
}

/// `3` is on the layer of first(), which is here as well.
MountedStore second() {
    return store_of("/m/2", {image('c', '3', {"z:1"})}, {layer('1'), layer('3', '1')}, "13");
}

/// What "id" or "names" of the records are, in their order.
std::vector<std::string> all(const std::string& index, const std::string& key) {
    std::vector<std::string> values;
    for (const auto& record : Json::parse(index)) {
        if (!record.contains(key)) continue;
        if (record[key].is_string()) values.push_back(record[key]);
        if (record[key].is_array())
            for (const auto& value : record[key])
                values.push_back(value);
    }
    return values;
}

std::map<std::string, std::string> links_of(const MergedStore& store) {
    std::map<std::string, std::string> links;
    for (const auto& link : store.links)
        CHECK(links.emplace(link.path.string(), link.target.string()).second);
    return links;
}

using Strings = std::vector<std::string>;

/// Names or links that the records of one store lead to.
void check_consistent(const MergedStore& store) {
    auto links = links_of(store);
    for (const auto* key : {"id", "names"}) {
        auto values = all(store.images, key);
        std::sort(values.begin(), values.end());
        CHECK(std::adjacent_find(values.begin(), values.end()) == values.end());
    }
    const auto layers = all(store.layers, "id");
    for (const auto& each : all(store.layers, "parent"))
        CHECK(std::count(layers.begin(), layers.end(), each) == 1);
    for (const auto& each : all(store.images, "layer"))
        CHECK(std::count(layers.begin(), layers.end(), each) == 1);
    for (const auto& each : layers) {
        CHECK(links.erase("overlay/" + each) == 1);
        CHECK(links.erase("overlay-layers/" + each + ".tar-split.gz") == 1);
    }
    for (const auto& each : all(store.images, "id"))
        CHECK(links.erase("overlay-images/" + each) == 1);
    for (const auto& [path, target] : links) {
        INFO(path);
        CHECK(path.rfind("overlay/l/", 0) == 0);
        CHECK(std::count(layers.begin(), layers.end(), target.substr(3, 64)) == 1);
    }
}

MergedStore merged(const std::vector<MountedStore>& stores) {
    auto store = test::must(merge(stores));
    check_consistent(store);
    return store;
}

std::string error_of(const std::vector<MountedStore>& stores) {
    const auto store = merge(stores);
    REQUIRE_FALSE(store);
    CHECK(store.error().code() == ErrorCode::invalid);
    return store.error().text();
}

}  // namespace

TEST_CASE("of one store everything is linked, and its records are as they were") {
    const auto store = merged({first()});
    CHECK(Json::parse(store.images) == Json::parse(first().images));
    CHECK(all(store.layers, "id") == Strings{id('1'), id('2')});
    CHECK(Json::parse(store.layers)[1]["diff-size"] == 7);
    const std::map<std::string, std::string> expected{
        {"overlay/" + id('1'), "/m/1/overlay/" + id('1')},
        {"overlay/" + id('2'), "/m/1/overlay/" + id('2')},
        {"overlay/l/" + link_id('1'), "../" + id('1') + "/diff"},
        {"overlay/l/" + link_id('2'), "../" + id('2') + "/diff"},
        {"overlay-images/" + id('a'), "/m/1/overlay-images/" + id('a')},
        {"overlay-images/" + id('b'), "/m/1/overlay-images/" + id('b')},
        {"overlay-layers/" + id('1') + ".tar-split.gz",
         "/m/1/overlay-layers/" + id('1') + ".tar-split.gz"},
        {"overlay-layers/" + id('2') + ".tar-split.gz",
         "/m/1/overlay-layers/" + id('2') + ".tar-split.gz"},
    };
    CHECK(links_of(store) == expected);
    const auto by_path = [](const StoreLink& a, const StoreLink& b) { return a.path < b.path; };
    CHECK(std::is_sorted(store.links.begin(), store.links.end(), by_path));
}

TEST_CASE("no store, or one without images, makes one that is empty") {
    CHECK(merged({}) == MergedStore{"[]", "[]", {}});
    CHECK(merged({store_of("/m/1", {}, {}, "")}) == MergedStore{"[]", "[]", {}});
}

TEST_CASE("a layer that two stores have is the first one's") {
    const auto store = merged({first(), second()});
    CHECK(all(store.images, "id") == Strings{id('a'), id('b'), id('c')});
    CHECK(all(store.layers, "id") == Strings{id('1'), id('2'), id('3')});
    CHECK(links_of(store).at("overlay/" + id('1')) == "/m/1/overlay/" + id('1'));
    CHECK(links_of(store).at("overlay/" + id('3')) == "/m/2/overlay/" + id('3'));
    const auto other = merged({second(), first()});
    CHECK(links_of(other).at("overlay/" + id('1')) == "/m/2/overlay/" + id('1'));
    CHECK(other.images == store.images);
    CHECK(other.layers == store.layers);
}

TEST_CASE("an image that two stores have is the first one's, with the names of both") {
    auto again =
        store_of("/m/2", {image('a', '2', {"x:2", "x:1"})}, {layer('1'), layer('2', '1')}, "12");
    const auto store = merged({first(), again});
    CHECK(links_of(store).at("overlay-images/" + id('a')) == "/m/1/overlay-images/" + id('a'));
    CHECK(Json::parse(store.images)[0]["names"] == Json({"x:1", "x:2"}));
    CHECK(merged({first(), first()}) == merged({first()}));
}

TEST_CASE("a name belongs to the first image that has it") {
    struct Row {
        std::vector<MountedStore> stores;
        std::map<std::string, Strings> names;
    };
    const auto other = store_of("/m/2", {image('c', '3', {"y:1", "z:1"})}, {layer('3')}, "3");
    const auto only = store_of("/m/2", {image('c', '3', {"x:1", "x:1"})}, {layer('3')}, "3");
    const auto gone = store_of("/m/0", {image('d', '9', {"x:1"})}, {}, "");
    const std::vector<Row> rows{
        {{first(), other}, {{id('b'), {"y:1", "y:2"}}, {id('c'), {"z:1"}}}},
        {{other, first()}, {{id('b'), {"y:2"}}, {id('c'), {"y:1", "z:1"}}}},
        {{first(), only}, {{id('a'), {"x:1"}}, {id('c'), {}}}},
        {{only, first()}, {{id('a'), {}}, {id('c'), {"x:1"}}}},
        {{gone, first()}, {{id('a'), {"x:1"}}}},
    };
    for (const auto& row : rows) {
        const auto store = merged(row.stores);
        for (const auto& record : Json::parse(store.images)) {
            const auto expected = row.names.find(record["id"]);
            if (expected == row.names.end()) continue;
            CHECK(record.value("names", Strings{}) == expected->second);
            CHECK(record.contains("names") == !expected->second.empty());
        }
    }
}

TEST_CASE("what podman knows of a record stays as it was, and the rest is left out") {
    const std::string known_image =
        "," + test::names({"x:1"}) + "," + test::member("digest", "sha256:" + id('d')) +
        R"(,"names-history":["old"],"metadata":"{}","big-data-names":["manifest"])" +
        R"(,"big-data-sizes":{"manifest":9223372036854775807,"x":-1},"big-data-digests":{)" +
        test::member("manifest", "sha256:" + id('d')) +
        R"(},"created":"2024-02-29T23:59:59.123456789+02:00"})";
    const std::string known_layer = "," + test::member("diff-digest", "sha256:" + id('1')) + "," +
                                    test::member("compressed-diff-digest", "sha256:" + id('2')) +
                                    R"(,"created":"0001-01-01T00:00:00Z","compressed-size":-1)"
                                    R"(,"diff-size":7,"uidset":[0,4294967295],"gidset":[])"
                                    R"(,"compression":2})";
    const std::string unknown = R"("future":{"a":[1.5,null]},"flags":7,"ID":"../x","\u017f":1,)"
                                R"("mapped-layers":["../x"],"mountlabel":"x","uidmap":1,)";
    const auto image_with = [&](const std::string& first) {
        return "{" + first + test::member("id", id('a')) + "," + test::member("layer", id('1')) +
               known_image;
    };
    const auto layer_with = [&](const std::string& first) {
        return "{" + first + test::member("id", id('1')) + known_layer;
    };
    const auto store = merged(
        {store_of("/m/1", {image_with(unknown)},
                  {layer_with(unknown + test::names({"base"}) + R"(,"metadata":null,)")}, "1")});
    CHECK(Json::parse(store.images) == Json::parse(test::list({image_with("")})));
    CHECK(Json::parse(store.layers) == Json::parse(test::list({layer_with("")})));
}

TEST_CASE("a layer whose store cannot pack it again has no link to what that takes") {
    auto store = first();
    store.without_tar_split = {id('1')};
    const auto links = links_of(test::must(merge({store})));
    CHECK(links.count("overlay-layers/" + id('1') + ".tar-split.gz") == 0);
    CHECK(links.count("overlay-layers/" + id('2') + ".tar-split.gz") == 1);
    CHECK(links.count("overlay/" + id('1')) == 1);
}

TEST_CASE("a value that podman could not read is refused by its key") {
    struct Row {
        const char* key;
        std::vector<std::string> images;
        std::vector<std::string> layers;
    };
    const std::vector<std::string> no_string{"1", "true", "[]", "{}"};
    const std::vector<std::string> no_list{"1", "\"x\"", "{}", "[1]", "[\"x\",null]", "[[]]"};
    const std::vector<std::string> no_size{
        "\"1\"", "1.0", "1e3", "true", "9223372036854775808", "-9223372036854775809"};
    const std::vector<std::string> no_users{"1", "{}", "[-1]", "[4294967296]", "[1.5]", "[\"0\"]"};
    const std::vector<std::string> no_digest{"1",
                                             "\"\"",
                                             "\"x\"",
                                             "\"" + id('a') + "\"",
                                             "\"sha256:" + id('A') + "\"",
                                             "\"sha256:" + id('a') + "0\""};
    const std::vector<std::string> no_time{"1",
                                           "\"\"",
                                           "\"now\"",
                                           "\"2024-01-01T00:00:00\"",
                                           "\"2024-01-01 00:00:00Z\"",
                                           "\"2024-01-01T00:00:00z\"",
                                           "\"2023-02-29T00:00:00Z\"",
                                           "\"2024-13-01T00:00:00Z\"",
                                           "\"2024-01-01T24:00:00Z\"",
                                           "\"2024-01-01T00:60:00Z\"",
                                           "\"2024-01-01T00:00:60Z\"",
                                           "\"2024-01-01T00:00:00.Z\"",
                                           "\"2024-01-01T00:00:00.1234567890Z\"",
                                           "\"2024-01-01T00:00:00+24:00\"",
                                           "\"2024-01-01T00:00:00+00:60\"",
                                           "\"2024-01-01T00:00:00+0000\"",
                                           "\"2024-01-01T00:00:00ZZ\""};
    const std::vector<Row> rows{
        {"layer", no_string, {}},
        {"parent", {}, no_string},
        {"metadata", no_string, {}},
        {"digest", no_digest, {}},
        {"diff-digest", {}, no_digest},
        {"compressed-diff-digest", {}, no_digest},
        {"names", no_list, {}},
        {"names", {"[\"\"]", "[\"A b\"]", "[\"../x\"]", "[\"" + id('b') + "\"]"}, {}},
        {"names-history", no_list, {}},
        {"big-data-names", no_list, {}},
        {"big-data-sizes", {"1", "[]", "[1]", "{\"x\":\"1\"}", "{\"x\":1.5}", "{\"x\":null}"}, {}},
        {"big-data-digests", {"1", "[]", "{\"x\":1}", "{\"x\":\"x\"}", "{\"x\":null}"}, {}},
        {"compressed-size", {}, no_size},
        {"diff-size", {}, no_size},
        {"compression", {}, {"\"1\"", "1.5", "2147483648", "-2147483649"}},
        {"uidset", {}, no_users},
        {"gidset", {}, no_users},
        {"created", no_time, no_time},
    };
    for (const auto& row : rows) {
        const auto check = [&](const std::string& value, bool is_image) {
            const auto record =
                "[{" + test::member("id", id('1')) + ",\"" + row.key + "\":" + value + "}]";
            const auto error =
                error_of({{"/m/bad", is_image ? record : "[]", is_image ? "[]" : record, {}}});
            INFO(record + " " + error);
            CHECK(error.find(": record 1: " + std::string(row.key) + ": ") != std::string::npos);
            CHECK(error.find(" is not ") != std::string::npos);
        };
        for (const auto& value : row.images)
            check(value, true);
        for (const auto& value : row.layers)
            check(value, false);
    }
}

TEST_CASE("what has not all its layers is left out") {
    struct Row {
        std::vector<MountedStore> stores;
        Strings images;
        Strings layers;
    };
    const auto incomplete = "{" + test::member("id", id('1')) + ",\"flags\":{\"incomplete\":true}}";
    const auto no_layer = "{" + test::member("id", id('e')) + "}";
    const auto upper = store_of("/m/2", {image('a', '2')}, {layer('2', '1')}, "2");
    const std::vector<Row> rows{
        // Its layer is not listed, or not there.
        {{store_of("/m", {image('a', '1')}, {}, "1")}, {}, {}},
        {{store_of("/m", {image('a', '1')}, {layer('1')}, "")}, {}, {}},
        {{store_of("/m", {image('a', '1')}, {incomplete}, "1")}, {}, {}},
        // The lowest of two is missing, then in another store, in both orders.
        {{upper}, {}, {}},
        {{upper, store_of("/m/1", {}, {layer('1')}, "1")}, {id('a')}, {id('1'), id('2')}},
        {{store_of("/m/1", {}, {layer('1')}, "1"), upper}, {id('a')}, {id('1'), id('2')}},
        {{store_of("/m/1", {}, {layer('1')}, ""), upper}, {}, {}},
        // The first that lists it has not got it.
        {{store_of("/m/1", {}, {layer('1')}, ""), upper, store_of("/m/3", {}, {layer('1')}, "1")},
         {id('a')},
         {id('1'), id('2')}},
        // Circles.
        {{store_of("/m", {image('a', '1')}, {layer('1', '1')}, "1")}, {}, {}},
        {{store_of("/m", {image('a', '1')}, {layer('1', '2'), layer('2', '1')}, "12")}, {}, {}},
        // Others of the same store stay, and an image may have no layer at all.
        {{store_of("/m", {image('a', '1'), image('b', '2'), no_layer},
                   {layer('1'), layer('2', '3')}, "12")},
         {id('a'), id('e')},
         {id('1')}},
    };
    for (const auto& row : rows) {
        const auto store = merged(row.stores);
        CHECK(all(store.images, "id") == row.images);
        CHECK(all(store.layers, "id") == row.layers);
    }
}

TEST_CASE("every link id of a layer is kept, as lower layers are found by them") {
    auto other = store_of("/m/2", {}, {layer('1')}, "");
    other.links.emplace(link_id('9'), "../" + id('1') + "/diff");
    const auto links = links_of(merged({first(), other}));
    CHECK(links.at("overlay/l/" + link_id('1')) == "../" + id('1') + "/diff");
    CHECK(links.at("overlay/l/" + link_id('9')) == "../" + id('1') + "/diff");
}

TEST_CASE("an index that is damaged or wants to lead elsewhere is refused by the store's name") {
    struct Row {
        std::string images;
        std::string layers;
        std::string message;
    };
    const auto with_id = [](const std::string& value) { return "[{\"id\":" + value + "}]"; };
    const auto more = [](const std::string& text) {
        return "[{" + test::member("id", id('1')) + "," + text + "}]";
    };
    const std::string deep(1000000, '[');
    std::string many = "[{\"\\\"\":{}";
    for (int i = 0; i < 1000; ++i)
        many += ",\"" + std::to_string(i) + "\":0";
    many += "}]";
    const std::vector<Row> rows{
        {"", "[]", "overlay-images/images.json: is not JSON"},
        {"{}", "[]", "overlay-images/images.json: is not a list"},
        {"[1]", "[]", "images.json: record 1 is not an object"},
        {"[{}]", "[]", "record 1: id: is missing"},
        {"[]", "[{\"id\"", "overlay-layers/layers.json: is not JSON"},
        {deep, "[]", "images.json: nests deeper than 64 levels"},
        {"[]", deep, "layers.json: nests deeper than 64 levels"},
        {"[]" + std::string(16U << 20U, ' '), "[]", "images.json: is larger than 16777216 bytes"},
        {with_id("\"../x\""), "[]", "images.json: record 1: id: \"../x\" is not 64"},
        {with_id("\"" + id('a') + "/\""), "[]", "is not 64"},
        {with_id("\"sha256:" + id('a') + "\""), "[]", "is not 64"},
        {with_id("\"" + id('A') + "\""), "[]", "is not 64"},
        {with_id("7"), "[]", "id: 7 is not 64"},
        {with_id("\"a\\u001bb\""), "[]", "is not 64"},
        {more("\"layer\":\"../x\""), "[]", "record 1: layer: \"../x\" is not 64"},
        {more("\"names\":[1]"), "[]", "record 1: names: is not a list of strings"},
        {more("\"names\":\"x\""), "[]", "record 1: names: is not a list of strings"},
        {many, "[]", "images.json: has an object with more than 1000 keys"},
        {"[]", many, "layers.json: has an object with more than 1000 keys"},
        {"[]", with_id("\"..\""), "layers.json: record 1: id: \"..\" is not 64"},
        {"[]", more("\"parent\":\"../x\""), "record 1: parent: \"../x\" is not 64"},
    };
    for (const auto& row : rows) {
        const auto error = error_of({first(), {"/m/bad", row.images, row.layers, {}}});
        INFO(error.substr(0, 300));
        CHECK(error.rfind("/m/bad/overlay-", 0) == 0);
        CHECK(error.find(row.message) != std::string::npos);
        CHECK(error.find("create its bundle again") != std::string::npos);
        CHECK(error.find('\x1b') == std::string::npos);
    }
}

TEST_CASE("a link of a layer that leads elsewhere is refused by the store's name") {
    const auto target = "../" + id('1') + "/diff";
    const std::vector<std::pair<std::string, std::string>> rows{
        {"../x", target},
        {"../" + link_id('1'), target},
        {"/" + link_id('1'), target},
        {link_id('1') + "A", target},
        {std::string(26, 'a'), target},
        {std::string(26, '1'), target},
        {link_id('1'), ""},
        {link_id('1'), "../diff"},
        {link_id('1'), "..//diff"},
        {link_id('1'), "../../etc/diff"},
        {link_id('1'), "/" + id('1') + "/diff"},
        {link_id('1'), target + "/.."},
        // Another store has another layer by this name.
        {link_id('2'), target},
    };
    for (const auto& [name, where] : rows) {
        const auto error = error_of({first(), {"/m/bad", "[]", "[]", {{name, where}}}});
        INFO(error);
        CHECK(error.rfind("/m/bad/overlay/l/", 0) == 0);
    }
}
