// SPDX-License-Identifier: GPL-3.0-or-later
// What the service says, told as if it were done here.
#include "agent/cli/record.hpp"

#include "tests/unit/catch.hpp"

namespace {

using namespace agent::cli;

class Told final : public agent::operations::Progress {
  public:
    void plan(const agent::operations::Outcome& /*planned*/) override { text += "plan"; }
    void effect(std::string_view phase, std::size_t done, std::size_t total) override {
        text += "effect " + std::string(phase) + numbers(done, total);
    }
    void step(const std::string& what) override { text += "step " + what; }
    void bytes(std::uint64_t done, std::uint64_t total) override {
        text += "bytes" + numbers(done, total);
    }
    void warning(const std::string& what) override { text += "warning " + what; }

    std::string text;

  private:
    static std::string numbers(std::uint64_t done, std::uint64_t total) {
        return " " + std::to_string(done) + " of " + std::to_string(total);
    }
};

}  // namespace

TEST_CASE("A record is told as what it is, and one that is not understood is passed over") {
    struct Row {
        const char* record;
        const char* told;
    };
    const auto row = GENERATE(values<Row>({
        {R"({"format":1,"event":"step","text":"creating container broker"})",
         "step creating container broker"},
        {R"({"format":1,"event":"bytes","done":5,"total":10})", "bytes 5 of 10"},
        {R"({"format":1,"event":"bytes","done":1,"total":18446744073709551615})",
         "bytes 1 of 18446744073709551615"},
        {R"({"format":1,"event":"effect","phase":"switch","done":1,"total":4,"percent":25})",
         "effect switch 1 of 4"},
        {R"({"format":1,"event":"warning","text":"is not signed"})", "warning is not signed"},
        {R"({"format":1,"event":"plan","plan":{}})", ""},
        {R"({"format":1,"event":"end","exit-code":0,"result":null,"text":""})", ""},
        {R"({"format":1,"event":"step"})", ""},
        {R"({"format":1,"event":"step","text":5})", ""},
        {R"({"format":1,"event":"bytes","done":"5","total":10})", ""},
        {R"({"format":2,"event":"weather","text":"rain"})", ""},
        {R"({"event":7})", ""},
        {R"(["step"])", ""},
        {R"("step")", ""},
        {"null", ""},
        {"{", ""},
        {"", ""},
        {"step", ""},
    }));
    INFO(row.record);
    Told told;
    json::tell(row.record, told);
    CHECK(told.text == row.told);
}

TEST_CASE("A document is printed as the command prints it, however the service has written it") {
    CHECK(json::printed(R"({"format":1,"b":2,"a":[]})") ==
          "{\n  \"format\": 1,\n  \"b\": 2,\n  \"a\": []\n}\n");
    CHECK(json::printed("{\n  \"format\": 1\n}\n") == "{\n  \"format\": 1\n}\n");
    CHECK(json::printed("no document").empty());
    CHECK(json::printed("").empty());
}

TEST_CASE("An error is known by its document") {
    CHECK(json::is_error(R"({"format":1,"error":{"exit-code":3,"message":"no"}})"));
    CHECK_FALSE(json::is_error(R"({"format":1,"left":2})"));
    CHECK_FALSE(json::is_error(R"(["error"])"));
    CHECK_FALSE(json::is_error("error"));
    CHECK_FALSE(json::is_error(""));
}
