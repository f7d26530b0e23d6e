// SPDX-License-Identifier: GPL-3.0-or-later
// A store whose writer dies, or whose disk refuses, at every call that changes something.
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "agent/store/atomic_file.hpp"
#include "agent/store/history.hpp"
#include "agent/store/lock.hpp"
#include "tests/unit/store/dies_at.hpp"
#include "tests/unit/store/example.hpp"

using namespace agent::store;
using agent::model::ErrorCode;
using agent::model::Result;
namespace fs = std::filesystem;

namespace {

/// Generation 1 is current and confirmed; generation 2 is what a test changes to.
struct World {
    test::TemporaryDirectory temporary;
    Paths paths;
    Generations generations;
    Generation next;

    World() : World(fs::path()) {}
    explicit World(const fs::path& root)
        : paths(root.empty() ? temporary.path() : root), generations(paths) {
        test::must(generations.ensure_initial());
        test::must(generations.write(test::make_generation(paths, 1, {"base"})));
        test::must(generations.switch_to(1));
        test::must(generations.write_state(1, {true, 0}));
        next = test::make_generation(paths, 2, {"base", "addon"});
    }

    [[nodiscard]] Result<> change() const {
        TRY_ASSIGN(const auto lock, Lock::acquire(paths, "install"));
        TRY(generations.remove_leftovers());
        TRY_ASSIGN(const unsigned number, generations.next_number());
        Generation generation = next;
        generation.info.number = number;
        generation.set.generation = number;
        TRY(generations.write(generation));
        TRY(generations.switch_to(number));
        TRY(generations.write_state(number, {true, 0}));
        for (unsigned old = 1; old < number; ++old)
            TRY(generations.remove(old));
        HistoryEntry entry;
        entry.operation = "install";
        return append_history(paths, entry);
    }
};

void check_whole(const World& world) {
    const auto set = test::must(world.generations.installed());
    CHECK((set.bundles.size() == 1 || set.bundles.size() == 2));
    for (const unsigned number : test::must(world.generations.list()))
        CHECK(test::must(world.generations.read_set(number)).generation == number);
    CHECK(read_history(world.paths));
}

void check_no_leftovers(const World& world) {
    for (const auto& [name, content] : test::tree_of(world.paths.operation())) {
        INFO(name);
        CHECK(name.find(".new-") == std::string::npos);
        CHECK(name.find(".gone-") == std::string::npos);
    }
}

}  // namespace

TEST_CASE("a writer that is killed anywhere leaves the old or the new set, and the next one ends") {
    unsigned n = 1;
    bool died = true;
    for (; died; ++n) {
        INFO("killed at call " << n);
        const World world;
        died = test::dies_at(n, [&] { return world.change(); });
        check_whole(world);
        test::must(world.change());
        CHECK(test::must(world.generations.installed()).bundles == world.next.set.bundles);
        CHECK(test::must(world.generations.list()).size() <= 2);
        check_no_leftovers(world);
    }
    CHECK(n > 50);
}

TEST_CASE("making generation 0 can be killed anywhere and done again") {
    bool died = true;
    for (unsigned n = 1; died; ++n) {
        INFO("killed at call " << n);
        const test::TemporaryDirectory temporary;
        const Generations generations{Paths(temporary.path())};
        died = test::dies_at(n, [&] { return generations.ensure_initial(); });
        CHECK(test::must(generations.installed()).bundles.empty());
        test::must(generations.remove_leftovers());
        test::must(generations.ensure_initial());
        CHECK(fs::is_directory(Paths(temporary.path()).units_link()));
    }
}

TEST_CASE("a write that fails at any call leaves the store as it was") {
    for (const int error_number : {ENOSPC, EIO, EACCES}) {
        const World world;
        const auto before = test::tree_of(world.paths.operation());
        for (unsigned n = 1;; ++n) {
            INFO("call " << n << " fails with " << error_number);
            test::Faults::fail_at(n, error_number);
            const auto written = world.generations.write(world.next);
            const bool failed = test::Faults::disarm();
            CHECK(written.has_value() != failed);
            if (!failed) break;
            CHECK((written.error().code() == ErrorCode::no_space) == (error_number == ENOSPC));
            REQUIRE(test::tree_of(world.paths.operation()) == before);
        }
        CHECK(test::must(world.generations.read_set(2)) == world.next.set);
    }
}

TEST_CASE("a generation gets its number only after all of it is on disk") {
    const World world;
    test::Faults::start_recording();
    const auto written = world.generations.write(world.next);
    const auto calls = test::Faults::stop_recording();
    test::must(written);
    std::map<std::string, bool> synced;
    bool renamed = false;
    bool parent_synced = false;
    for (const auto& call : calls) {
        if (call.name == "create" || call.name == "mkdir" || call.name == "write")
            synced[call.path] = false;
        if (call.name == "create" || call.name == "mkdir" || call.name == "symlink")
            synced[fs::path(call.path).parent_path().string()] = false;
        if (call.name == "fsync") synced[call.path] = true;
        if (call.name == "syncfs")
            for (auto& [path, done] : synced)
                done = true;
        if (call.name == "fsync" && renamed)
            parent_synced |= call.path == world.paths.generations().string();
        if (call.name != "rename") continue;
        renamed = true;
        CHECK(call.target == world.paths.generation(2).string());
        CHECK(synced.size() > 15);
        for (const auto& [path, done] : synced) {
            INFO(path);
            CHECK(done);
        }
    }
    CHECK(renamed);
    CHECK(parent_synced);
}

TEST_CASE("the link's rename is synced before switching is done") {
    const World world;
    test::must(world.generations.write(world.next));
    test::Faults::start_recording();
    const auto switched = world.generations.switch_to(2);
    const auto calls = test::Faults::stop_recording();
    test::must(switched);
    REQUIRE(calls.size() == 3);
    CHECK(calls[0].name == "symlink");
    CHECK(calls[1].name == "rename");
    CHECK(calls[1].target == world.paths.units_link().string());
    CHECK(calls[2].name == "fsync");
    CHECK(calls[2].path == world.paths.operation().string());
}

namespace {

/// A small file system of its own, where that can be mounted.
class SmallDisk {
  public:
    explicit SmallDisk(const std::string& options) {
        mounted_ = ::mount("tmpfs", path().c_str(), "tmpfs", 0, options.c_str()) == 0;
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    [[nodiscard]] bool mounted() const { return mounted_; }
    [[nodiscard]] const fs::path& path() const { return temporary_.path(); }
    [[nodiscard]] bool make_read_only() const {
        return ::mount(nullptr, path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
    }

  private:
    test::TemporaryDirectory temporary_;
    bool mounted_ = false;
};

}  // namespace

TEST_CASE("a disk that is really full refuses, and leaves the store as it was") {
    const SmallDisk disk("size=1m");
    if (!disk.mounted()) {
        REQUIRE(::geteuid() != 0);
        WARN("not root: only failing calls stand for a full disk");
        return;
    }
    const World world(disk.path());
    unsigned refused = 0;
    for (std::uintmax_t spare = 0;; spare += 4096) {
        const auto ballast = disk.path() / "ballast";
        test::write_text(ballast, std::string(fs::space(disk.path()).available - spare, 'x'));
        const auto before = test::tree_of(world.paths.operation());
        const auto written = world.generations.write(world.next);
        const auto lock = Lock::acquire(world.paths, "remove");
        CHECK((lock || lock.error().code() == ErrorCode::no_space));
        if (!written) {
            ++refused;
            CHECK(written.error().code() == ErrorCode::no_space);
            CHECK(test::tree_of(world.paths.generations()).count("2") == 0);
            CHECK(test::must(world.generations.installed()).bundles.size() == 1);
        }
        fs::remove(ballast);
        if (written) break;
    }
    CHECK(refused > 5);
    CHECK(test::must(world.generations.read_set(2)) == world.next.set);
}

TEST_CASE("a read-only disk is read and not written") {
    const SmallDisk disk("size=1m");
    if (!disk.mounted()) {
        REQUIRE(::geteuid() != 0);
        WARN("not root: no read-only file system");
        return;
    }
    const World world(disk.path());
    REQUIRE(disk.make_read_only());
    CHECK(test::must(world.generations.installed()).bundles.size() == 1);
    for (const auto& refused :
         {world.generations.write(world.next), world.generations.keep_way_back(),
          world.generations.write_state(1, {}), append_history(world.paths, {}), world.change()}) {
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::not_permitted);
    }
}

TEST_CASE("the way back needs no room on the disk") {
    const SmallDisk disk("size=1m,nr_inodes=200");
    if (!disk.mounted()) {
        REQUIRE(::geteuid() != 0);
        WARN("not root: no disk without inodes");
        return;
    }
    const World world(disk.path());
    test::must(world.generations.write(world.next));
    test::must(world.generations.keep_way_back());
    test::must(world.generations.switch_to(2));
    for (unsigned n = 0; fs::space(disk.path()).available != 0; ++n) {
        std::error_code error;
        fs::create_directory(disk.path() / ("filler" + std::to_string(n)), error);
        if (error) break;
    }
    test::must(world.generations.switch_to(1));
    CHECK(test::must(world.generations.current()) == 1);
}
