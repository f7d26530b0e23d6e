// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/model/description.hpp"

namespace agent::model {
namespace {

class UnsupportedKeys {
  public:
    explicit UnsupportedKeys(const std::string& where) : where_(where) {}

    void add_if(bool used, const std::string& key) {
        if (used)
            problems_.push_back({ErrorCode::invalid, where_, 0, 0, key,
                                 "not supported by this version", "leave it out"});
    }

    Problems take() { return std::move(problems_); }

  private:
    const std::string& where_;
    Problems problems_;
};

}  // namespace

Problems unsupported_keys(const Description& description, const std::string& where) {
    UnsupportedKeys keys(where);
    keys.add_if(!description.file_providers.empty(), "file-providers");
    return keys.take();
}

}  // namespace agent::model
