// SPDX-License-Identifier: GPL-3.0-or-later
// Publishing a merged store, ended or refused at every call that changes something.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "agent/images/merged_store.hpp"
#include "agent/store/atomic_file.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/images/store_example.hpp"
#include "tests/unit/store/dies_at.hpp"
#include "tests/unit/store/example.hpp"

using namespace agent::images;
using agent::model::ErrorCode;
using test::id;
using test::image;
using test::layer;
namespace fs = std::filesystem;

namespace {

using Tree = std::map<std::string, std::string>;

/// One image with one layer.
MergedStore store_with(char digit) {
    return test::must(merge(
        {test::store_of("/m", {image(digit, digit)}, {layer(digit)}, std::string(1, digit))}));
}

MergedStore nothing() {
    return test::must(merge({}));
}

/// All of a store but its locks.
Tree expected(const MergedStore& store) {
    Tree tree{{"overlay", "/"},
              {"overlay/l", "/"},
              {"overlay-images", "/"},
              {"overlay-layers", "/"},
              {"overlay-images/images.json", store.images},
              {"overlay-layers/layers.json", store.layers}};
    for (const auto& link : store.links)
        tree[link.path.string()] = "-> " + link.target.string();
    return tree;
}

struct Published {
    Tree tree;
    std::string lock;
    bool operator==(const Published&) const = default;
};

/// What podman sees.
Published published(const fs::path& base) {
    Published seen{test::tree_of(base / "images"), {}};
    seen.lock = seen.tree["overlay-images/images.lock"];
    CHECK(seen.lock.size() == 64);
    CHECK(seen.tree["overlay-layers/layers.lock"] == seen.lock);
    seen.tree.erase("overlay-images/images.lock");
    seen.tree.erase("overlay-layers/layers.lock");
    return seen;
}

std::string target(const fs::path& base) {
    return fs::read_symlink(base / "images").string();
}

std::vector<std::string> sets(const fs::path& base) {
    return test::must(agent::store::names_in(base / "sets"));
}

using Strings = std::vector<std::string>;

void check_no_leftovers(const fs::path& base) {
    CHECK(test::must(agent::store::names_in(base)) == Strings{"empty", "images", "sets"});
    for (const auto& name : sets(base))
        CHECK_FALSE(agent::store::is_leftover(name));
}

/// Numbers of all files, so that one that was written again is seen.
std::map<std::string, ino_t> files_of(const fs::path& base) {
    std::map<std::string, ino_t> files;
    for (const auto& entry : fs::recursive_directory_iterator(base)) {
        struct stat status {};
        REQUIRE(::lstat(entry.path().c_str(), &status) == 0);
        files[entry.path().string()] = status.st_ino;
    }
    return files;
}

/// A machine on which a store was published, and one before it.
struct World {
    test::TemporaryDirectory temporary;
    fs::path base = temporary.path() / "stores";
    MergedStore old = store_with('2');

    World() {
        test::must(publish(base, store_with('1')));
        test::must(publish(base, old));
    }
};

/// Which of the two is seen; it has to be one of them, whole.
bool is_new(const fs::path& base, const MergedStore& old, const MergedStore& next) {
    const auto tree = published(base).tree;
    const bool is_next = tree == expected(next);
    CHECK((is_next || tree == expected(old)));
    return is_next;
}

}  // namespace

TEST_CASE("the first store is published beside an empty one") {
    const test::TemporaryDirectory temporary;
    const auto base = temporary.path() / "var/stores";
    test::must(publish(base, store_with('1')));
    CHECK(target(base) == "sets/1");
    CHECK(published(base).tree == expected(store_with('1')));
    CHECK(test::tree_of(base / "empty").size() == 8);
    check_no_leftovers(base);
    for (const auto* name : {"", "sets/1", "sets/1/overlay/l", "empty/overlay-images"})
        CHECK(fs::status(base / name).permissions() == fs::perms(0755));
    CHECK(fs::status(base / "sets/1/overlay-images/images.lock").permissions() == fs::perms(0644));
}

TEST_CASE("the same store once more is not written again") {
    const World world;
    const auto before = files_of(world.base);
    test::must(publish(world.base, world.old));
    CHECK(files_of(world.base) == before);
    test::Faults::start_recording();
    const auto again = publish(world.base, world.old);
    CHECK(test::Faults::stop_recording().empty());
    test::must(again);
}

TEST_CASE("another store gets another lock, and the last one stays for who is reading it") {
    const World world;
    const auto before = published(world.base);
    test::must(publish(world.base, store_with('3')));
    CHECK(target(world.base) == "sets/3");
    CHECK(published(world.base).tree == expected(store_with('3')));
    CHECK(published(world.base).lock != before.lock);
    CHECK(sets(world.base) == Strings{"2", "3"});
    test::must(publish(world.base, world.old));
    CHECK(published(world.base) == before);
    CHECK(sets(world.base) == Strings{"3", "4"});
}

TEST_CASE("a store that differs in one link only is another one") {
    const World world;
    const auto before = published(world.base);
    auto moved = world.old;
    moved.links.front().target = "/m/other";
    test::must(publish(world.base, moved));
    CHECK(published(world.base).tree == expected(moved));
    CHECK(published(world.base).lock != before.lock);
}

TEST_CASE("without an image the empty store is published") {
    for (const auto& none : {nothing(), MergedStore{}, MergedStore{"[]", "[{}]", {}}}) {
        const World world;
        test::must(publish(world.base, none));
        CHECK(target(world.base) == "empty");
        CHECK(published(world.base).tree == expected(nothing()));
        CHECK(sets(world.base) == Strings{"2"});
        test::must(publish(world.base, store_with('3')));
        CHECK(target(world.base) == "sets/3");
        CHECK(sets(world.base) == Strings{"2", "3"});
    }
    const test::TemporaryDirectory temporary;
    test::must(publish(temporary.path(), nothing()));
    CHECK(target(temporary.path()) == "empty");
    check_no_leftovers(temporary.path());
}

TEST_CASE("a set of which something is missing is written again") {
    for (const auto* name : {"overlay-images/images.lock", "overlay-layers/layers.json",
                             "overlay-images/images.json", "overlay/l", ""}) {
        const World world;
        fs::remove_all(world.base / "sets/2" / name);
        test::must(publish(world.base, world.old));
        CHECK(target(world.base) == "sets/3");
        CHECK(published(world.base).tree == expected(world.old));
    }
}

TEST_CASE("an empty store that is none is made anew, and another's is kept") {
    for (const auto* name : {"overlay-images/images.lock", "overlay/l", ""}) {
        const World world;
        fs::remove_all(world.base / "empty" / name);
        test::must(publish(world.base, nothing()));
        CHECK(published(world.base).tree == expected(nothing()));
        check_no_leftovers(world.base);
    }
    const World world;
    test::write_text(world.base / "empty/overlay-images/images.lock", "");
    test::must(publish(world.base, nothing()));
    CHECK(test::read_text(world.base / "empty/overlay-images/images.lock").empty());
}

TEST_CASE("leftovers and sets that were never published are removed, and nothing else") {
    const World world;
    for (const auto* name :
         {".new-empty/overlay", ".gone-empty-7", "sets/.new-3/overlay/l", "sets/.gone-1-7/overlay",
          "sets/3", "sets/17", "sets/note", "mounts/a"})
        fs::create_directories(world.base / name);
    fs::create_symlink("sets/2", world.base / ".new-17-0");
    test::must(publish(world.base, world.old));
    CHECK(sets(world.base) == Strings{"1", "2", "note"});
    CHECK(test::must(agent::store::names_in(world.base)) ==
          Strings{"empty", "images", "mounts", "sets"});
    CHECK(published(world.base).tree == expected(world.old));
}

TEST_CASE("a link that was reset or leads elsewhere is set again") {
    for (const auto* where : {"empty", "sets/9", "/etc", "sets/02", "sets/../sets/2"}) {
        const World world;
        test::must(agent::store::replace_link_atomically(world.base / "images", where));
        test::must(publish(world.base, world.old));
        CHECK(published(world.base).tree == expected(world.old));
        check_no_leftovers(world.base);
    }
}

TEST_CASE("a directory where the link should be is left to the administrator") {
    const test::TemporaryDirectory temporary;
    fs::create_directories(temporary.path() / "images/overlay");
    const auto refused = publish(temporary.path(), store_with('1'));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::conflict);
    CHECK(refused.error().text().find("move it away") != std::string::npos);
    CHECK(fs::is_directory(temporary.path() / "images/overlay"));
}

TEST_CASE(
    "whoever is killed anywhere leaves the old or the new store whole, and the next one ends") {
    for (const auto& next : {store_with('3'), nothing()}) {
        bool died = true;
        bool was_new = false;
        unsigned n = 1;
        for (; died; ++n) {
            INFO("killed at call " << n);
            const World world;
            died = test::dies_at(n, [&] { return publish(world.base, next).has_value(); });
            const bool now = is_new(world.base, world.old, next);
            CHECK((now || !was_new));
            was_new = now;
            test::must(publish(world.base, next));
            CHECK(is_new(world.base, world.old, next));
            CHECK(sets(world.base).size() <= 2);
            check_no_leftovers(world.base);
        }
        CHECK(was_new);
        CHECK(n > (next.images == "[]" ? 5U : 30U));
    }
}

TEST_CASE("the first publication can be killed anywhere and done again") {
    const auto next = store_with('1');
    bool died = true;
    for (unsigned n = 1; died; ++n) {
        INFO("killed at call " << n);
        const test::TemporaryDirectory temporary;
        const auto base = temporary.path() / "stores";
        died = test::dies_at(n, [&] { return publish(base, next).has_value(); });
        if (fs::exists(fs::symlink_status(base / "images")))
            CHECK(published(base).tree == expected(next));
        test::must(publish(base, next));
        CHECK(published(base).tree == expected(next));
        check_no_leftovers(base);
    }
}

TEST_CASE("a call that fails leaves the old or the new store whole, and is told") {
    const auto next = store_with('3');
    for (const int error_number : {ENOSPC, EIO, EACCES}) {
        unsigned told = 0;
        bool failed = true;
        for (unsigned n = 1; failed; ++n) {
            INFO("call " << n << " fails with " << error_number);
            const World world;
            test::Faults::fail_at(n, error_number);
            const auto done = publish(world.base, next);
            failed = test::Faults::disarm();
            const bool now = is_new(world.base, world.old, next);
            // Some calls have another way: not every file system can exchange two names.
            if (done) CHECK(now);
            if (!done) {
                ++told;
                CHECK((done.error().code() == ErrorCode::no_space) == (error_number == ENOSPC));
            }
            CHECK(sets(world.base).size() <= 3);
            test::must(publish(world.base, next));
            CHECK(is_new(world.base, world.old, next));
            CHECK(sets(world.base).size() <= 2);
            check_no_leftovers(world.base);
        }
        CHECK(told > 30);
    }
}

TEST_CASE("the link leads to a store only after all of it is on disk") {
    const World world;
    test::Faults::start_recording();
    const auto done = publish(world.base, store_with('3'));
    const auto calls = test::Faults::stop_recording();
    test::must(done);
    const auto unfinished = (world.base / "sets/.new-3").string();
    std::set<std::string> changed;
    std::set<std::string> unsynced;
    Strings steps;
    for (const auto& call : calls) {
        CHECK(call.name != "syncfs");
        const bool makes = call.name == "create" || call.name == "mkdir" || call.name == "symlink";
        if (call.name == "fsync") unsynced.erase(call.path);
        if (makes || call.name == "rename")
            unsynced.insert(fs::path(makes ? call.path : call.target).parent_path().string());
        if (call.name == "write" || call.name == "chmod") unsynced.insert(call.path);
        if (call.path.rfind(unfinished + "/", 0) == 0) changed.insert(call.path);
        if (call.path == unfinished && call.name == "rename") {
            steps.emplace_back("set");
            for (const auto& path : changed) {
                INFO(path);
                CHECK(unsynced.count(path) == 0);
            }
            CHECK(unsynced.count(unfinished) == 0);
        }
        if (call.target == (world.base / "images").string()) {
            steps.emplace_back("link");
            CHECK(unsynced.count((world.base / "sets").string()) == 0);
        }
        if (call.path == world.base.string() && call.name == "fsync") steps.emplace_back("base");
    }
    CHECK(changed.size() == 10);
    // The first try to move the set would exchange it for one that is there.
    CHECK(steps == Strings{"set", "set", "link", "base"});
}
