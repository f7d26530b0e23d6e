// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/apt/helper/record.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace agent::apt::helper {

namespace {

using model::ErrorCode;
using model::Result;
using Json = nlohmann::json;
namespace fs = std::filesystem;

Result<> sync(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (synced) return {};
    return model::fail(model::errno_error(error, path.string()));
}

}  // namespace

Result<> write_record(const fs::path& file, const Record& record) {
    auto unfinished = file;
    unfinished += ".new";
    {
        std::ofstream stream(unfinished, std::ios::trunc);
        stream << Json{{"archives", record.archives}, {"installing", record.installing}} << '\n';
        stream.close();
        if (!stream) return model::fail(model::errno_error(errno, unfinished.string()));
    }
    TRY(sync(unfinished));
    std::error_code error;
    fs::rename(unfinished, file, error);
    if (error) return model::fail(model::errno_error(error.value(), file.string()));
    return sync(file.parent_path());
}

Result<std::optional<Record>> read_record(const fs::path& file) {
    std::optional<Record> record;
    std::error_code error;
    if (!fs::exists(file, error)) {
        if (error) return model::fail(model::errno_error(error.value(), file.string()));
        return record;
    }
    std::ifstream stream(file);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    try {
        const auto json = Json::parse(text);
        record = Record{.archives = json.at("archives").get<std::vector<std::string>>(),
                        .installing = json.at("installing").get<bool>()};
    } catch (const Json::exception& exception) {
        return model::fail(ErrorCode::internal, file.string() + ": " + exception.what());
    }
    return record;
}

}  // namespace agent::apt::helper
