// SPDX-License-Identifier: GPL-3.0-or-later
// What people read.
#include "agent/cli/text_output.hpp"
#include "agent/cli/table.hpp"
#include "agent/cli/terminal_progress.hpp"
#include "tests/unit/catch.hpp"
#include "tests/unit/cli/example.hpp"

namespace text = agent::cli::text;
namespace operations = agent::operations;

TEST_CASE("A table has aligned columns and no spaces at the ends") {
    CHECK(agent::cli::table({"ID", "STATE"}, {{"base", "running"}, {"a-long-one", "up"}}) ==
          "ID          STATE\n"
          "base        running\n"
          "a-long-one  up\n");
    CHECK(agent::cli::table({"A", "B"}, {{"x", ""}}) == "A  B\nx\n");
    CHECK(agent::cli::table({"A", "B"}, {}).empty());
}

TEST_CASE("A table counts characters, not bytes") {
    CHECK(agent::cli::table({"NAME", "X"}, {{"Prüfstand", "1"}, {"Pruefstand", "2"}}) ==
          "NAME        X\n"
          "Prüfstand   1\n"
          "Pruefstand  2\n");
}

TEST_CASE("Bytes and rate are drawn as a bar") {
    struct Case {
        std::uint64_t done;
        std::uint64_t total;
        int elapsed_ms;
        const char* bar;
    };
    constexpr std::uint64_t kMiB = 1U << 20U;
    const std::vector<Case> cases = {
        {0, 10 * kMiB, 0, "[                    ] 0%  0 B of 10.0 MiB  0 B/s"},
        {5 * kMiB, 10 * kMiB, 500, "[##########          ] 50%  5.0 MiB of 10.0 MiB  10.0 MiB/s"},
        {10 * kMiB, 10 * kMiB, 1000,
         "[####################] 100%  10.0 MiB of 10.0 MiB  10.0 MiB/s"},
        {20 * kMiB, 10 * kMiB, 1000,
         "[####################] 100%  20.0 MiB of 10.0 MiB  20.0 MiB/s"},
        {0, 0, 1000, "[####################] 100%  0 B of 0 B  0 B/s"},
    };
    for (const auto& each : cases)
        CHECK(agent::cli::progress_bar(each.done, each.total,
                                       std::chrono::milliseconds(each.elapsed_ms)) == each.bar);
}

TEST_CASE("An outcome says what was done") {
    CHECK(text::outcome(example::outcome_of_adding(false)) ==
          "installed  base 1.2.0  (3.0 MiB)\n"
          "generation 2 is current\n");
    CHECK(text::outcome(example::outcome_of_removing(false)) ==
          "removed  view\n"
          "generation 2 is current\n");
    CHECK(text::outcome(example::outcome_of_nothing()) == "base 1.2.0 is installed already\n");
}

TEST_CASE("A dry run says what would be done") {
    const auto adding = example::outcome_of_adding(true);
    CHECK(text::outcome(adding) ==
          "would install  base 1.2.0  (3.0 MiB)\n"
          "would start  base.target\n"
          "would create  " +
              adding.plan.specs.begin()->second.container.podman_name +
              "\n"
              "would load  3.0 MiB\n"
              "would need  3.0 MiB to keep the bundles, 12.0 MiB in podman's store\n");
    const auto updating = example::outcome_of_updating(true);
    CHECK(text::outcome(updating) ==
          "would update  base 1.3.0 from 1.2.0  (3.0 MiB)\n"
          "would restart  broker.service\n"
          "would restart  panel.service\n"
          "would start  base.target\n"
          "would create  " +
              updating.plan.specs.begin()->second.container.podman_name +
              "\n"
              "would load  3.0 MiB\n"
              "would need  3.0 MiB to keep the bundles\n");
    CHECK(text::outcome(example::outcome_of_removing(true)) ==
          "would remove  view\n"
          "would stop  view-restart.target\n"
          "would stop  view.target\n"
          "would stop  panel.service\n");
    const auto packages = text::outcome(example::with_packages(true));
    CHECK(packages.find("would install  Debian package driver 1:2.0-1\n"
                        "would install  Debian package firmware 3  (a dependency)\n") !=
          std::string::npos);
    CHECK(packages.find("would download  1.0 MiB of Debian packages\n") != std::string::npos);
    CHECK(packages.ends_with(", 3.0 MiB for Debian packages\n"));
    CHECK(text::outcome(example::with_packages(false))
              .find("\ninstalled  Debian package driver 1:2.0-1\n") != std::string::npos);
    auto purging = example::outcome_of_removing(true);
    purging.plan.purge = {"/opt/data/view"};
    CHECK(text::outcome(purging).ends_with("would delete  /opt/data/view\n"));
}

TEST_CASE("A set that is put back is told with its generation, and one that is there is not") {
    CHECK(text::outcome(example::outcome_of_putting_back(false)) ==
          "put back generation 7\n"
          "updated  base 1.3.0 from 1.2.0  (0 B)\n"
          "generation 2 is current\n");
    CHECK(text::outcome(example::outcome_of_putting_back(true))
              .starts_with("would put back generation 7\n"
                           "would update  base 1.3.0 from 1.2.0  (0 B)\n"
                           "would restart  broker.service\n"));
    operations::Outcome nothing;
    nothing.restored = 7;
    CHECK(text::outcome(nothing) == "nothing to do\n");
}

TEST_CASE("What became of an interrupted operation is one sentence, and its reason") {
    using How = operations::Settled::How;
    const std::string what = "the interrupted install of base 1.2.0, view 2.0.0 ";
    CHECK(text::settled(std::nullopt) == "nothing to recover\n");
    CHECK(text::settled(example::settled(How::undone)) ==
          what + "was undone: it was interrupted\nundone\n");
    CHECK(text::settled(example::settled(How::finished)) == what + "was finished\n");
    CHECK(text::settled(example::settled(How::to_be_confirmed)) ==
          what + "is to be confirmed once its bundles run\n");
}

TEST_CASE("What was created again has a line for each reason") {
    CHECK(text::recreated({}) == "nothing to do\n");
    CHECK(text::recreated(example::recreation()) ==
          "created again  broker-12345678: /dev/lidar was 188.0 and is 188.1\n");
}

TEST_CASE("Devices have a table of their own below the containers") {
    auto status = example::status();
    auto& broker = status.bundles[0].containers[0];
    const auto without = text::status(status, example::now());
    broker.devices = example::device_status();
    CHECK(text::status(status, example::now()) ==
          without +
              "\n"
              "CONTAINER  DEVICE       CREATED WITH  NOW\n"
              "broker     /dev/lidar   188.0         188.1\n"
              "broker     /dev/camera  81.0          missing\n"
              "broker     /dev/imu     -             1.3\n");
    broker.condition = operations::Condition::offline;
    broker.devices = {{"/dev/lidar", std::nullopt, std::nullopt}};
    const auto offline = text::status(status, example::now());
    CHECK(offline.ends_with("broker     /dev/lidar  -             -\n"));
}

TEST_CASE("Bundles are listed in a table") {
    CHECK(text::list(example::status()) ==
          "ID    VERSION  TYPE   STATE     NAME\n"
          "base  1.2.0    base   running   The base\n"
          "view  2.0.0    addon  crashing  The view\n");
    CHECK(text::list({}) == "no bundles are installed\n");
}

TEST_CASE("Status has a line for every container") {
    CHECK(text::status(example::status(), example::now()) ==
          "generation 3, confirmed\n"
          "BUNDLE      CONTAINER  STATE                 SINCE  PID   RESTARTS  MEMORY\n"
          "base 1.2.0  broker     running               90s    4711  0         10.0 MiB\n"
          "view 2.0.0  panel      crashing (exit-code)  -      -     7         -\n");
    CHECK(text::status({}, example::now()) == "no bundles are installed\n");
}

TEST_CASE("Status and show name the bundle whose mounted images are damaged, and what to do") {
    auto status = example::status();
    const auto whole = text::status(status, example::now());
    status.bundles[0].images_damaged = false;
    CHECK(text::status(status, example::now()) == whole);
    status.bundles[1].images_damaged = true;
    CHECK(text::status(status, example::now()).rfind(whole + "\nview 2.0.0: a block of its", 0) ==
          0);
    CHECK(text::show(status.bundles[1]).find("images     a block of its") != std::string::npos);
    CHECK(text::show(status.bundles[0]).find("images  ") == std::string::npos);
}

TEST_CASE("Status and show name the bundle whose images are not mounted, and what to do") {
    auto status = example::status();
    const auto whole = text::status(status, example::now());
    status.bundles[0].images_mounted = true;
    CHECK(text::status(status, example::now()) == whole);
    status.bundles[1].images_mounted = false;
    CHECK(text::status(status, example::now()).rfind(whole + "\nview 2.0.0: its images are", 0) ==
          0);
    CHECK(text::show(status.bundles[1]).find("images     its images are not") != std::string::npos);
}

TEST_CASE("Status says that an operation is not settled, with and without bundles") {
    const std::string line =
        "an operation is running, or was interrupted: 'update-agent recover' settles it\n";
    auto status = example::status();
    status.unsettled = true;
    CHECK(text::status(status, example::now()).rfind("generation 3, confirmed\n" + line, 0) == 0);
    status.bundles.clear();
    CHECK(text::status(status, example::now()) == "no bundles are installed\n" + line);
}

TEST_CASE("Since when is told in the unit that fits") {
    struct Case {
        std::chrono::seconds ago;
        const char* told;
    };
    using namespace std::chrono_literals;
    for (const auto& [ago, told] : std::vector<Case>{{0s, " 0s "},
                                                     {119s, " 119s "},
                                                     {120s, " 2min "},
                                                     {7199s, " 119min "},
                                                     {2h, " 2h "},
                                                     {47h, " 47h "},
                                                     {48h, " 2d "},
                                                     {-5s, " 0s "}}) {
        auto status = example::status();
        const auto start = (example::now() - ago).time_since_epoch();
        status.bundles[0].containers[0].unit->since = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(start).count());
        INFO(told);
        CHECK(text::status(status, example::now()).find(told) != std::string::npos);
    }
}

TEST_CASE("A bundle is shown whole, without what it does not say") {
    CHECK(text::show(example::status().bundles[1]) ==
          "id         view\n"
          "version    2.0.0\n"
          "type       addon\n"
          "name       The view\n"
          "state      crashing\n"
          "digest     " +
              std::string(64, 'b') +
              "\n"
              "anchor     none: the bundle is not signed\n"
              "requires   base ^1.0\n"
              "container  panel  localhost/image:1\n");
    auto base = example::status().bundles[0];
    base.anchor = std::string(64, 'c');
    base.required_by = {base.description.id};
    base.description.short_name = "Base";
    base.description.height = 480;
    base.shadowing = {"/etc/systemd/system/base.target"};
    const auto shown = text::show(base);
    for (const auto* line :
         {"anchor       cccc", "short name   Base\n", "size         0 x 480\n",
          "required by  base\n", "shadowed by  /etc/systemd/system/base.target\n"}) {
        INFO(line);
        CHECK(shown.find(line) != std::string::npos);
    }
}

TEST_CASE("The history has a line for every operation, and one more for what went wrong") {
    auto quick = example::done_operation();
    quick.bundles = {"base 1.2.0"};
    quick.duration_ms = 999;
    CHECK(text::history({example::done_operation(), example::failed_operation(), quick}) ==
          "TIME                  OPERATION  BUNDLES                 GENERATION  RESULT  DURATION  "
          "WHO\n"
          "2027-01-15 08:00:00Z  install    base 1.2.0, view 2.0.0  1→2         done    12.3s     "
          "operator (0)\n"
          "2027-01-15 09:00:00Z  remove     view 2.0.0              12          exit 8  2min 5s   "
          "root (0)\n"
          "    broker.service did not become healthy\n"
          "2027-01-15 08:00:00Z  install    base 1.2.0              1→2         done    999ms     "
          "operator (0)\n");
    CHECK(text::history({}) == "nothing was done yet\n");
}

TEST_CASE("Of many bundles the history names the first two, and says how many there are") {
    auto entry = example::done_operation();
    const std::string two = "  base 1.2.0, view 2.0.0";
    CHECK(text::history({entry}).find(two + "  1→2") != std::string::npos);
    entry.bundles.emplace_back("log 3.0.0");
    CHECK(text::history({entry}).find(two + " and 1 more  1→2") != std::string::npos);
    entry.bundles.resize(11, "clock 0.1.0");
    CHECK(text::history({entry}).find(two + " and 9 more  1→2") != std::string::npos);
    entry.bundles[1] += "\nlast line";
    CHECK(text::history({entry}).find(two + " and 9 more  1→2") != std::string::npos);
    entry.bundles.clear();
    CHECK(text::history({entry}).find("  install             1→2") != std::string::npos);
}

TEST_CASE("Of an error that is a list, the history has the first") {
    auto failed = example::failed_operation();
    failed.outcome = "did not become healthy within 3s:\n  late.service: failed\n  other.service";
    CHECK(text::history({failed}).ends_with(
        "\n    did not become healthy within 3s: late.service: failed\n"));
    failed.outcome = "a list of nothing:";
    CHECK(text::history({failed}).ends_with("\n    a list of nothing:\n"));
}

TEST_CASE("The doctor gives advice below what is wrong") {
    CHECK(text::doctor(example::checks()) ==
          "ok  clock: plausible\n"
          "warning  space: low\n"
          "    free some\n"
          "FAILURE  packages: none\n"
          "    apt\n");
}

TEST_CASE("What was verified is told with what is repaired, what is left, and how many") {
    auto verification = example::verification();
    CHECK(text::verified(verification) ==
          "repaired  unit broker.service: is missing\n"
          "WRONG  bundle base_1.2.0/images/blobs/sha256/a: has 1 bytes\n"
          "    tar\n"
          "generation 3: 1 of 2 left\n");
    verification.defects.pop_back();
    CHECK(text::verified(verification) ==
          "repaired  unit broker.service: is missing\n"
          "generation 3 has all that it needs again\n");
    CHECK(text::verified({.generation = 3, .defects = {}}) ==
          "generation 3 has all that it needs\n");
}

TEST_CASE("A created bundle is told with the ids of its images") {
    CHECK(text::created(example::created()) ==
          "base_1.2.0.bundle  base 1.2.0  1.5 KiB\n"
          "digest  " +
              std::string(64, 'a') +
              "\n"
              "image  localhost/broker:1  " +
              std::string(64, 'c') + "\n");
    auto mounted = example::created();
    mounted.images_kind = agent::operations::ImagesKind::store;
    CHECK(text::created(mounted) ==
          text::created(example::created()) +
              "images  in a store, which is mounted instead of unpacked\n");
}

TEST_CASE("An inspected bundle says whether it is trusted") {
    auto bundle = example::inspected();
    const auto head = "digest  " + std::string(64, 'a') + "\nsize  1.5 KiB in 9 members\n";
    CHECK(text::inspected(bundle) ==
          head + "signer  CN=vendor, trusted by vendor-root\n\nformat = 1\n");
    bundle.signer.reset();
    bundle.distrust = "expired";
    CHECK(text::inspected(bundle) == head + "signer  NOT TRUSTED: expired\n\nformat = 1\n");
    bundle.is_signed = false;
    CHECK(text::inspected(bundle) ==
          head + "signer  none: the bundle is not signed\n\nformat = 1\n");
}
