// SPDX-License-Identifier: GPL-3.0-or-later
#include <map>

#include "agent/model/container_parser.hpp"
#include "agent/model/text.hpp"
#include "agent/model/word_distance.hpp"

namespace agent::model {
namespace {

/// More circles than this are not told: they grow faster than the text.
constexpr std::size_t kMostCircles = 20;

/// Depth-first search without recursion: a description may have thousands of containers in a row.
class CircleFinder {
  public:
    CircleFinder(const std::vector<Container>& containers,
                 const std::map<ContainerName, std::size_t>& index_of)
        : containers_(containers), index_of_(index_of), state_(containers.size(), State::new_one) {}

    /// Every circle, as the indices of its containers in the order in which they require each
    /// other.
    std::vector<std::vector<std::size_t>> find() {
        for (std::size_t i = 0; i < containers_.size(); ++i) {
            if (state_[i] == State::new_one) walk_from(i);
        }
        return std::move(circles_);
    }

  private:
    enum class State { new_one, on_path, done };
    struct Step {
        std::size_t container;
        std::size_t next_requirement = 0;
    };

    void walk_from(std::size_t start) {
        enter(start);
        while (!path_.empty()) {
            auto& step = path_.back();
            const auto& required = containers_[step.container].requires_containers;
            if (step.next_requirement == required.size()) {
                state_[step.container] = State::done;
                path_.pop_back();
                continue;
            }
            const auto found = index_of_.find(required[step.next_requirement++]);
            if (found == index_of_.end()) continue;
            if (state_[found->second] == State::on_path && circles_.size() < kMostCircles)
                add_circle(found->second);
            if (state_[found->second] == State::new_one) enter(found->second);
        }
    }

    void enter(std::size_t container) {
        state_[container] = State::on_path;
        path_.push_back({container});
    }

    void add_circle(std::size_t first) {
        std::vector<std::size_t> circle;
        for (const auto& step : path_) {
            if (step.container == first || !circle.empty()) circle.push_back(step.container);
        }
        circles_.push_back(std::move(circle));
    }

    const std::vector<Container>& containers_;
    const std::map<ContainerName, std::size_t>& index_of_;
    std::vector<State> state_;
    std::vector<Step> path_;
    std::vector<std::vector<std::size_t>> circles_;
};

}  // namespace

void check_container_requirements(const std::vector<Container>& containers,
                                  std::vector<TomlTable>& tables) {
    std::map<ContainerName, std::size_t> index_of;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < containers.size(); ++i) {
        index_of.emplace(containers[i].name, i);
        names.push_back(containers[i].name.value());
    }
    for (std::size_t i = 0; i < containers.size(); ++i) {
        const auto written = tables[i].strings("requires");
        for (std::size_t j = 0; j < written.size(); ++j) {
            const auto required = ContainerName::parse(written[j]);
            if (!required || index_of.contains(*required)) continue;
            const auto nearest = nearest_word(written[j], names);
            tables[i].problem("requires[" + std::to_string(j) + ']',
                              in_quotes(written[j]) + " is no container of this bundle",
                              nearest.empty() ? "name one of `containers`"
                                              : "did you mean " + in_quotes(nearest) + "?");
        }
    }
    for (const auto& circle : CircleFinder(containers, index_of).find()) {
        if (circle.size() == 1) {
            tables[circle.front()].problem("requires", "a container cannot require itself");
            continue;
        }
        std::string way;
        for (const auto container : circle)
            way += containers[container].name.value() + " → ";
        tables[circle.front()].problem("requires",
                                       "containers require each other in a circle: " + way +
                                           containers[circle.front()].name.value(),
                                       "take one of the requirements out");
    }
}

}  // namespace agent::model
