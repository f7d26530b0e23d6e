// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/podman/store_maker.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cstdlib>
#include <sstream>

#include "tests/unit/catch.hpp"
#include "tests/unit/podman/fake_podman.hpp"

using agent::model::ErrorCode;
using agent::podman::mounts_at_or_below;
using agent::podman::StoreMaker;
using agent::podman::StoreMakerOptions;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const std::string kFirst(64, 'a');
const std::string kSecond(64, 'b');

StoreMakerOptions options(const FakePodman& fake) {
    StoreMakerOptions options;
    options.podman.program = fake.program();
    options.podman.runtime_directory = fake.directory() / "run";
    options.podman.environment = {{"SOURCE_DATE_EPOCH", "1"}};
    options.mksquashfs = fake.program();
    options.user = 0;
    return options;
}

void write_layout(const FakePodman& fake) {
    std::string manifests;
    for (const auto& ref : {kFirst, kSecond})
        manifests += (manifests.empty() ? "" : ",") + (R"({"digest":"sha256:)" + ref) +
                     R"(","annotations":{"org.opencontainers.image.ref.name":")" + ref + R"("}})";
    fake.write("layout/oci-layout", "{}");
    fake.write("layout/blobs/sha256/aa", "a blob");
    fake.write("layout/index.json", R"({"schemaVersion":2,"manifests":[)" + manifests + "]}");
}

std::string own_name() {
    return std::to_string(::getpid());
}

}  // namespace

TEST_CASE("Each image is pulled into a store of its own, which knows of no other") {
    const FakePodman fake(
        "for last; do :; done; cat \"${last#oci:}/index.json\" >>\"$here/pulled\"\n"
        "echo \"$TMPDIR $CONTAINERS_STORAGE_CONF\" >>\"$here/environment\"\n"
        "mkdir -p \"$2/overlay-layers\" \"$2/overlay/a/diff/implied\"\n"
        "[ -e \"$2/overlay-layers/a.tar-split.gz\" ] || gzip --best <\"$here/archive\""
        " >\"$2/overlay-layers/a.tar-split.gz\"");
    fake.write("archive",
               "{\"type\":2,\"payload\":\"AAA=\",\"position\":0}\n"
               "{\"type\":2,\"payload\":\"AQ==\",\"position\":1}\n");
    write_layout(fake);
    StoreMaker maker(options(fake));
    const auto scratch = maker.make_scratch(fake.directory() / "parent");
    REQUIRE(scratch);
    const auto store = maker.unpack(fake.directory() / "layout", {kFirst, kSecond}, *scratch);
    REQUIRE(store);
    CHECK(*store == *scratch / "store");
    CHECK(fs::is_directory(*store));
    const auto run = fake.directory() / "run" / ("store-" + own_name());
    const auto call = "[--root][" + store->string() + "][--runroot][" + run.string() +
                      "/run][--tmpdir][" + run.string() +
                      "/libpod][--storage-driver][overlay]"
                      "[--storage-opt][overlay.skip_mount_home=true][pull][--quiet][oci:" +
                      run.string() + "/view]";
    CHECK(fake.calls() == Lines{call, call});
    for (const auto& ref : {kFirst, kSecond})
        CHECK(fake.read("pulled").find("sha256:" + ref) != std::string::npos);
    CHECK(fake.read("environment").find(scratch->string() + "/tmp " + scratch->string()) == 0);
    const auto archive = *store / "overlay-layers/a.tar-split";
    REQUIRE(std::system(("gzip --decompress " + archive.string() + ".gz").c_str()) == 0);
    CHECK(test::read_text(archive) == "{\"type\":2,\"payload\":\"AAAB\",\"position\":0}\n");
    CHECK(fs::last_write_time(*store / "overlay/a/diff/implied") ==
          fs::last_write_time(*store / "overlay/a/diff"));
    CHECK(fs::last_write_time(*store / "overlay/a/diff") <
          fs::file_time_type::clock::now() - 24h * 365);
    CHECK(test::read_text(*scratch / "storage.conf").find("additionalimagestores") ==
          std::string::npos);
    REQUIRE(maker.discard(*scratch));
    CHECK_FALSE(fs::exists(*scratch));
    CHECK_FALSE(fs::exists(run));
}

TEST_CASE("An image that podman cannot unpack is its failure, in its words") {
    struct Row {
        const char* script;
        ErrorCode code;
        const char* says;
    };
    const auto row = GENERATE(values<Row>({
        {"echo 'Error: no space left on device' >&2; exit 125", ErrorCode::no_space, "no space"},
        {"echo 'Error: overlay is not supported' >&2; exit 125", ErrorCode::internal,
         "overlay is not supported"},
    }));
    const FakePodman fake(row.script);
    write_layout(fake);
    StoreMaker maker(options(fake));
    const auto scratch = maker.make_scratch(fake.directory());
    REQUIRE(scratch);
    const auto store = maker.unpack(fake.directory() / "layout", {kFirst}, *scratch);
    REQUIRE_FALSE(store);
    CHECK(store.error().code() == row.code);
    CHECK(store.error().text().find(row.says) != std::string::npos);
    CHECK(store.error().text().find(kFirst) != std::string::npos);
}

TEST_CASE("What killed runs have left is removed, and what others work in is not") {
    const FakePodman fake("");
    fake.write(".update-agent-store-999999/store/overlay/file", "abandoned");
    fake.write("run/store-999999/view/index.json", "abandoned");
    fake.write(".update-agent-store-888888/store/overlay/file", "somebody's");
    fake.write("storage/overlay/file", "podman's own");
    const int lock = ::open((fake.directory() / ".update-agent-store-888888").c_str(),
                            O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(::flock(lock, LOCK_EX) == 0);
    StoreMaker maker(options(fake));
    const auto scratch = maker.make_scratch(fake.directory());
    REQUIRE(scratch);
    CHECK_FALSE(fs::exists(fake.directory() / ".update-agent-store-999999"));
    CHECK_FALSE(fs::exists(fake.directory() / "run/store-999999"));
    CHECK(fake.read(".update-agent-store-888888/store/overlay/file") == "somebody's");
    CHECK(fake.read("storage/overlay/file") == "podman's own");
    CHECK((fs::status(*scratch).permissions() & fs::perms::all) == fs::perms::owner_all);

    // Another maker leaves it alone, as long as it is not given up.
    StoreMaker other(options(fake));
    CHECK_FALSE(other.make_scratch(fake.directory()));
    CHECK(fs::exists(*scratch));
    REQUIRE(maker.discard(*scratch));
    CHECK(other.make_scratch(fake.directory()));
    ::close(lock);
}

TEST_CASE("Mounts at and below a directory are found, the latest first") {
    std::istringstream table(
        "22 1 0:20 / / rw - ext4 /dev/vda rw\n"
        "30 22 0:20 /s /var/a\\040b/s/overlay rw - ext4 /dev/vda rw\n"
        "31 30 0:40 / /var/a\\040b/s/overlay/x/merged rw - overlay overlay rw\n"
        "32 22 0:41 / /var/a\\040b rw - tmpfs tmpfs rw\n"
        "33 22 0:42 / /var/a\\040bc rw - tmpfs tmpfs rw\n");
    CHECK(mounts_at_or_below(table, "/var/a b") ==
          std::vector<fs::path>{"/var/a b", "/var/a b/s/overlay/x/merged", "/var/a b/s/overlay"});
}

TEST_CASE("A store can be made by root, where mksquashfs is installed") {
    const FakePodman fake("exit 1");
    auto asked = options(fake);
    CHECK(StoreMaker(asked).check());
    asked.mksquashfs = "/nowhere/mksquashfs";
    for (const auto& refused :
         {StoreMaker(asked).check(), StoreMaker(asked).pack(fake.directory(), "x")}) {
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ErrorCode::conflict);
        CHECK(refused.error().text().find("squashfs-tools") != std::string::npos);
    }
    asked.user = 1000;
    const auto refused = StoreMaker(asked).check();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == ErrorCode::not_permitted);
    CHECK(refused.error().text().find("root") != std::string::npos);
}

TEST_CASE("What is packed depends on the directory alone") {
    const FakePodman fake("echo \"epoch ${SOURCE_DATE_EPOCH-none}\" >\"$here/epoch\"");
    REQUIRE(StoreMaker(options(fake)).pack("/a/store", "/a/file"));
    CHECK(fake.calls() ==
          Lines{"[/a/store][/a/file][-comp][zstd][-b][131072][-noappend][-no-progress]"
                "[-mkfs-time][0][-no-exports][-processors][2]"});
    CHECK(fake.read("epoch") == "epoch none\n");
}

TEST_CASE("What cannot be packed is told in the words of mksquashfs") {
    struct Row {
        const char* script;
        ErrorCode code;
        const char* says;
    };
    const auto row = GENERATE(values<Row>({
        {"echo 'FATAL ERROR: Probably out of space on output filesystem' >&2; exit 1",
         ErrorCode::no_space, "out of space"},
        {"echo 'Compressor \"zstd\" is not supported!' >&2; exit 1", ErrorCode::internal, "zstd"},
        {"exit 3", ErrorCode::internal, "status 3"},
    }));
    const FakePodman fake(row.script);
    const auto packed = StoreMaker(options(fake)).pack("/a/store", "/a/file");
    REQUIRE_FALSE(packed);
    CHECK(packed.error().code() == row.code);
    CHECK(packed.error().text().find(row.says) != std::string::npos);
}
