// SPDX-License-Identifier: GPL-3.0-or-later
// A command line from its words to what it prints, below the root of a scene.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "agent/cli/run.hpp"
#include "tests/unit/operations/scene.hpp"

namespace test {

using Words = std::vector<std::string>;

/// Takes what is written to a stream of the process.
class Capture {
  public:
    explicit Capture(std::FILE* stream) : stream_(stream) {
        std::fflush(stream_);
        ::dup2(::fileno(file_), ::fileno(stream_));
    }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    ~Capture() {
        std::fflush(stream_);
        ::dup2(saved_, ::fileno(stream_));
        ::close(saved_);
        std::fclose(file_);
    }
    std::string text() {
        std::fflush(stream_);
        std::string text;
        std::rewind(file_);
        for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_))
            text += static_cast<char>(c);
        return text;
    }

  private:
    std::FILE* stream_;
    std::FILE* file_ = std::tmpfile();
    int saved_ = ::dup(::fileno(stream_));
};

struct Ended {
    int status = 0;
    std::string out;
    std::string err;
};

/// As main() does it, with the machine in memory.
inline int run_words(Scene& scene, const Words& words) {
    const std::string root = "--root=" + scene.root().string();
    std::vector<const char*> arguments = {"update-agent", root.c_str()};
    for (const auto& word : words)
        arguments.push_back(word.c_str());
    const auto line = agent::cli::parse(static_cast<int>(arguments.size()), arguments.data());
    if (!line) {
        std::fputs(line.error().standard_output.c_str(), stdout);
        std::fputs(line.error().standard_error.c_str(), stderr);
        return line.error().status;
    }
    const auto context = scene.context();
    return agent::cli::run(*line, context.configuration, context.host,
                           {.stop_helper = context.stop_helper, .build_date = context.build_date});
}

inline Ended run(Scene& scene, const Words& words) {
    ::unsetenv("JOURNAL_STREAM");
    Capture out(stdout);
    Capture err(stderr);
    const int status = run_words(scene, words);
    return {status, out.text(), err.text()};
}

inline Words with(Words words, const std::string& more) {
    words.push_back(more);
    return words;
}

}  // namespace test
