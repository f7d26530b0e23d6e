// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "agent/model/description.hpp"

namespace example {

inline agent::model::BundleId bundle() {
    return agent::model::BundleId::parse("mqtt-base").value();
}

inline agent::model::Sha256 image() {
    return agent::model::Sha256::parse(std::string(64, 'a')).value();
}

/// With nothing but what a description must say.
inline agent::model::Container container() {
    agent::model::Container container;
    container.name = agent::model::ContainerName::parse("broker").value();
    container.image = "localhost/mosquitto:2.0";
    container.image_id = image();
    return container;
}

}  // namespace example
