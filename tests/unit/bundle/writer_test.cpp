// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/bundle/writer.hpp"

#include <algorithm>

#include "tests/unit/bundle/bundles.hpp"

using agent::bundle::BundleContent;
using agent::bundle::BundleReader;
using agent::bundle::write_bundle;
using agent::model::ErrorCode;
using tests::check_fails;
using tests::shared_pki;
using tests::signing_material;
using tests::TemporaryDirectory;
using tests::write_text;

namespace {

struct Workspace {
    TemporaryDirectory dir;
    std::filesystem::path output = dir.path() / "demo_1.0.0.bundle";
    BundleContent content{std::string(tests::kDescription), {}, {}};

    Workspace() {
        tests::make_small_layout(dir.path() / "layout");
        content.image_layout = dir.path() / "layout";
    }
    void add(const std::string& path, const std::string& text) {
        const auto file = dir.path() / ("source" + std::to_string(content.files.size()));
        write_text(file, text);
        content.files.emplace_back(path, file);
    }
    [[nodiscard]] auto write() const {
        return write_bundle(content, signing_material(), output, {});
    }
    /// Nothing but what was put there, so no bundle and no temporary file either.
    void check_nothing_written() const {
        for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
            INFO(entry.path());
            CHECK(entry.path().filename().string().find("bundle") == std::string::npos);
        }
    }
    void refused(std::initializer_list<std::string_view> parts) const {
        check_fails(write(), ErrorCode::invalid, parts);
        check_nothing_written();
    }
};

}  // namespace

TEST_CASE("tar lists the members in the documented order, without owner and time") {
    Workspace work;
    work.add("schemas/b.json", "{}");
    work.add("files/z", "z");
    work.add("files/a", "a");
    REQUIRE(work.write());
    tests::must(work.dir.path(), "tar -tf demo_1.0.0.bundle >names");
    tests::must(work.dir.path(),
                "(cd layout/blobs/sha256 && ls) | sed 's,^,images/blobs/sha256/,' >blobs");
    CHECK(tests::read_text(work.dir.path() / "names") ==
          "manifest\nmanifest.sig\nbundle.toml\nfiles/a\nfiles/z\nschemas/b.json\n"
          "images/index.json\nimages/oci-layout\n" +
              tests::read_text(work.dir.path() / "blobs"));
    tests::must(work.dir.path(),
                "TZ=UTC tar --numeric-owner --full-time -tvf demo_1.0.0.bundle | "
                "grep -v '^-rw-r--r-- 0/0 *[0-9]* 1970-01-01 00:00:00 ' >others; true");
    CHECK(tests::read_text(work.dir.path() / "others").empty());
}

TEST_CASE("tar, awk, sha256sum and openssl alone verify a bundle") {
    Workspace work;
    work.add("files/a", "a");
    REQUIRE(work.write());
    write_text(work.dir.path() / "ca.pem", shared_pki().pem("root"));
    tests::must(work.dir.path(), R"sh(mkdir out && tar -xf demo_1.0.0.bundle -C out && cd out &&
        openssl cms -verify -purpose any -binary -inform DER -in manifest.sig -content manifest \
            -CAfile ../ca.pem -out verified && cmp verified manifest &&
        awk '{print $1 "  " $3}' manifest | sha256sum -c --strict &&
        awk '{print $2, $3}' manifest | while read -r size path; do
            test "$(stat -c %s "$path")" = "$size" || exit 1;
                done)sh");
}

TEST_CASE("The same content gives the same bundle; only the signature differs") {
    Workspace work;
    work.add("files/b", "b");
    work.add("files/a", "a");
    const auto first = work.write();
    REQUIRE(first.has_value());
    tests::must(work.dir.path(), "mv demo_1.0.0.bundle first");
    std::reverse(work.content.files.begin(), work.content.files.end());
    tests::must(work.dir.path(), "touch -d 2001-01-01 source* layout/blobs/sha256/*");
    CHECK(work.write() == *first);
    tests::must(work.dir.path(),
                "for i in first demo_1.0.0.bundle; do tar --delete -f $i manifest.sig; done; "
                "cmp first demo_1.0.0.bundle");
    const auto unsigned_one = write_bundle(work.content, {}, work.output, {});
    CHECK(unsigned_one == *first);
    CHECK(BundleReader::open(work.output)->signature().empty());
}

TEST_CASE("Paths that ustar cannot hold, and blobs of no image") {
    Workspace work;
    const std::string path = "files/" + std::string(200, 'd') + "/" + std::string(200, 'f');
    work.add(path, "deep");
    write_text(work.dir.path() / "layout/blobs/sha256/stray", "left over");
    REQUIRE(work.write());
    REQUIRE(tests::extract_bundle(work.output, work.dir.path() / "out"));
    CHECK(tests::read_text(work.dir.path() / "out" / path) == "deep");
    CHECK_FALSE(std::filesystem::exists(work.dir.path() / "out/images/blobs/sha256/stray"));
}

TEST_CASE("A bundle without images can be written") {
    Workspace work;
    work.content.image_layout.clear();
    REQUIRE(work.write());
    CHECK(tests::verify_bundle(work.output));
}

TEST_CASE("An older bundle of the same name is replaced, and progress reaches its end") {
    Workspace work;
    write_text(work.output, "older");
    std::uint64_t last = 0;
    std::uint64_t whole = 0;
    REQUIRE(write_bundle(work.content, signing_material(), work.output,
                         [&](std::uint64_t done, std::uint64_t total) {
                             CHECK(done >= last);
                             last = done;
                             whole = total;
                             return true;
                         }));
    CHECK(last == whole);
    CHECK(tests::verify_bundle(work.output));
}

TEST_CASE("Cancelling leaves no file, and an older one as it was") {
    Workspace work;
    write_text(work.output, "older");
    check_fails(write_bundle(work.content, signing_material(), work.output,
                             [](auto, auto) { return false; }),
                ErrorCode::busy, {"cancelled"});
    CHECK(tests::read_text(work.output) == "older");
    std::filesystem::remove(work.output);
    work.check_nothing_written();
}

TEST_CASE("What cannot be in a bundle is refused by name, and nothing is written") {
    Workspace work;
    SECTION("a path outside the known folders") {
        work.add("secrets/a", "a");
        work.refused({"source0", "secrets/a", "schemas/, licenses/ or files/"});
    }
    SECTION("an image by hand") {
        work.add("images/blobs/x", "a");
        work.refused({"images/blobs/x"});
    }
    SECTION("a path upwards") {
        work.add("files/../../a", "a");
        work.refused({"files/../../a", "`..`"});
    }
    SECTION("a path with a space") {
        work.add("files/a b", "a");
        work.refused({"files/a b", "printable ASCII"});
    }
    SECTION("a path twice") {
        work.add("files/a", "a");
        work.add("files/a", "b");
        work.refused({"files/a is listed twice"});
    }
    SECTION("too many files") {
        write_text(work.dir.path() / "one", "1");
        for (int i = 0; i < 4096; ++i)
            work.content.files.emplace_back("files/" + std::to_string(i), work.dir.path() / "one");
        work.refused({"more than 4096 members"});
    }
    SECTION("a description that is too long") {
        work.content.description = std::string((1U << 20U) + 1, '#');
        work.refused({"description", "1 MiB"});
    }
    SECTION("a file that is a directory") {
        work.content.files.emplace_back("files/a", work.dir.path());
        work.refused({"not a regular file"});
    }
    SECTION("a layout with a damaged blob") {
        for (const auto& blob :
             std::filesystem::directory_iterator(work.dir.path() / "layout/blobs/sha256"))
            if (blob.file_size() == 1500) write_text(blob.path(), std::string(1500, 'x'));
        work.refused({"blobs/sha256/", "damaged"});
    }
    SECTION("a layout that is none") {
        write_text(work.dir.path() / "layout/index.json", "{}");
        work.refused({"index.json", "schemaVersion"});
    }
}

TEST_CASE("What is missing is said") {
    Workspace work;
    work.content.files.emplace_back("files/a", work.dir.path() / "missing");
    check_fails(work.write(), ErrorCode::not_found, {"missing"});
    work.content.files.clear();
    work.output = work.dir.path() / "no-such-directory" / "b.bundle";
    check_fails(work.write(), ErrorCode::not_found, {"b.bundle"});
}

TEST_CASE("A signature with its chain that is too large is refused") {
    Workspace work;
    auto signing = signing_material();
    tests::must(shared_pki().dir(),
                "AUTHORITY=root openssl req -new -x509 -config ca.cnf -key root.key -subj /CN=huge "
                "-addext 1.2.3.4=ASN1:UTF8String:" +
                    std::string(66'000, 'x') + " -out huge.pem");
    signing.chain += shared_pki().pem("huge");
    check_fails(write_bundle(work.content, signing, work.output, {}), ErrorCode::invalid,
                {"64 KiB", "shorter chain"});
    work.check_nothing_written();
}
