// SPDX-License-Identifier: GPL-3.0-or-later
// plan RUNS: a line for each size of a made-up set: bundles, constraints, and the median time in
// microseconds of planning an update of one bundle, of ten, and an installation of all.
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include "agent/planning/plan.hpp"

namespace {

using namespace agent;

constexpr std::size_t kContainers = 2;

struct Size {
    std::size_t bundles;
    std::size_t constraints;
};

model::Sha256 digest(char digit) {
    return model::Sha256::parse(std::string(64, digit)).value();
}

std::string numbered(const std::string& word, std::size_t number) {
    const auto digits = std::to_string(number);
    return word + std::string(5 - digits.size(), '0') + digits;
}

model::BundleId id_of(std::size_t number) {
    return model::BundleId::parse(numbered("bundle", number)).value();
}

model::Container container(const std::string& name) {
    model::Container container;
    container.name = model::ContainerName::parse(name).value();
    container.image = "localhost/image:1";
    container.image_id = digest('a');
    container.command = {"/usr/bin/program", "--listen=8080"};
    container.env = {{"MODE", "production"}, {"LEVEL", "info"}};
    return container;
}

planning::Candidate candidate(std::size_t number, std::size_t requirements) {
    planning::Candidate candidate;
    candidate.digest = digest('1');
    candidate.anchor = std::string(64, 'f');
    candidate.bytes = 1 << 20;
    auto& description = candidate.description;
    description.id = id_of(number);
    description.version = model::Version(1, 2, 0);
    description.name = "Bundle " + std::to_string(number);
    if (number == 0) description.type = model::BundleType::base;
    for (std::size_t i = 0; i < requirements; ++i)
        description.requires_bundles.push_back(
            {id_of(number - 1 - i), model::VersionRange::parse(">=1.0.0, <3.0.0").value()});
    for (std::size_t i = 0; i < kContainers; ++i)
        description.containers.push_back(
            container(numbered("part", number) + "-" + std::to_string(i)));
    for (std::size_t i = 1; i < kContainers; ++i)
        description.containers[i].requires_containers = {description.containers[i - 1].name};
    return candidate;
}

/// Each bundle requires those before it, so that chains are as long as the set.
std::vector<planning::Candidate> candidates(const Size& size) {
    std::vector<planning::Candidate> all;
    auto open = size.constraints;
    for (std::size_t number = 0; number < size.bundles; ++number) {
        const auto left = size.bundles - number;
        const auto requirements = std::min(number, (open + left - 1) / left);
        open -= requirements;
        all.push_back(candidate(number, requirements));
    }
    return all;
}

/// A version of every n-th with other content and other containers.
planning::Request update(const std::vector<planning::Candidate>& all, std::size_t count) {
    planning::Request request;
    for (std::size_t i = 0; i < count; ++i) {
        auto newer = all[i * all.size() / count];
        newer.digest = digest('2');
        newer.description.version = model::Version(2, 0, 0);
        for (auto& each : newer.description.containers)
            each.image_id = digest('b');
        request.add.push_back(std::move(newer));
    }
    return request;
}

planning::MachineFacts facts() {
    planning::MachineFacts facts;
    facts.architecture = "amd64";
    facts.next_generation = 2;
    facts.render.systemd_version = 257;
    facts.render.stop_helper = "/usr/libexec/update-agent/container-stopped";
    return facts;
}

planning::Plan planned(const model::InstalledSet& set, const planning::Request& request) {
    auto plan = planning::make_plan(set, request, facts());
    if (plan) return std::move(*plan);
    std::cerr << model::to_error(plan.error()).text() << '\n';
    std::exit(1);
}

/// In microseconds of the processor, which is all that planning uses.
std::clock_t median(std::size_t runs, const model::InstalledSet& set,
                    const planning::Request& request) {
    std::vector<std::clock_t> times;
    for (std::size_t run = 0; run < runs; ++run) {
        const auto start = std::clock();
        const auto plan = planned(set, request);
        times.push_back(std::clock() - start);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

static_assert(CLOCKS_PER_SEC == 1000000);

}  // namespace

int main(int count, char** arguments) {
    const auto runs = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 21;
    for (const auto& size :
         {Size{200, 1000}, Size{500, 2500}, Size{1000, 5000}, Size{2000, 10000}}) {
        const planning::Request all{.add = candidates(size), .remove = {}};
        const auto installed = planned({}, all).result;
        std::cout << size.bundles << ' ' << size.constraints;
        for (const auto number : {1U, 10U})
            std::cout << ' ' << median(runs, installed, update(all.add, number));
        std::cout << ' ' << median(runs, {}, all) << '\n';
    }
}
