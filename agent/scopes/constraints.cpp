// SPDX-License-Identifier: GPL-3.0-or-later
#include "agent/scopes/constraints.hpp"

#include <memory>
#include <string>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <vector>

#include "agent/scopes/pattern.hpp"
#include "agent/scopes/schema_rules.hpp"

namespace agent::scopes {

namespace {

using valijson::ValidationResults;
using valijson::adapters::Adapter;
using valijson::constraints::Constraint;
using Context = std::vector<std::string>;

/// What the library asks of a constraint, which it copies into memory of its own.
template <typename Derived>
class OwnConstraint : public valijson::constraints::PolyConstraint {
  private:
    Constraint* cloneInto(void* memory) const override {
        return new (memory) Derived(*static_cast<const Derived*>(this));
    }
    std::size_t sizeOf() const override { return sizeof(Derived); }
};

/// Counts how often a schema is looked at. There is no other way to end the library's work.
class StepConstraint final : public OwnConstraint<StepConstraint> {
  public:
    StepConstraint(Budget& budget, std::uint64_t weight) : budget_(&budget), weight_(weight) {}

    bool validate(const Adapter& /*target*/, const Context& /*context*/,
                  ValidationResults* /*results*/) const override {
        budget_->spend(weight_);
        return true;
    }

  private:
    Budget* budget_;
    std::uint64_t weight_;
};

/// The library's own would try one way after the other through a text.
class PatternConstraint final : public OwnConstraint<PatternConstraint> {
  public:
    PatternConstraint(Budget& budget, Pattern pattern)
        : budget_(&budget), pattern_(std::make_shared<const Pattern>(std::move(pattern))) {}

    bool validate(const Adapter& target, const Context& context,
                  ValidationResults* results) const override {
        if (!target.isString()) return true;
        const auto text = target.asString();
        budget_->spend(pattern_->cost(text));
        if (pattern_->matches(text)) return true;
        if (results != nullptr)
            results->pushError(context, text.size() > kMaxMatchedBytes
                                            ? "It is too long to be compared with a pattern."
                                            : "It must match " + pattern_->text());
        return false;
    }

  private:
    Budget* budget_;
    std::shared_ptr<const Pattern> pattern_;
};

/// The library says nothing where a schema is `false`.
class NeverConstraint final : public OwnConstraint<NeverConstraint> {
  public:
    bool validate(const Adapter& /*target*/, const Context& context,
                  ValidationResults* results) const override {
        if (results != nullptr) results->pushError(context, "It must not be there.");
        return false;
    }
};

class StepBuilder final : public valijson::ConstraintBuilder {
  public:
    explicit StepBuilder(Budget& budget) : budget_(budget) {}
    Constraint* make(const Adapter& value) const override {
        return new StepConstraint(budget_, static_cast<std::uint64_t>(value.asInteger()));
    }

  private:
    Budget& budget_;
};

class PatternBuilder final : public valijson::ConstraintBuilder {
  public:
    explicit PatternBuilder(Budget& budget) : budget_(budget) {}
    Constraint* make(const Adapter& value) const override {
        auto pattern = Pattern::parse(value.asString());
        if (!pattern) throw std::runtime_error(pattern.error().message());
        return new PatternConstraint(budget_, std::move(*pattern));
    }

  private:
    Budget& budget_;
};

class NeverBuilder final : public valijson::ConstraintBuilder {
  public:
    Constraint* make(const Adapter& /*value*/) const override { return new NeverConstraint(); }
};

}  // namespace

void add_own_keywords(valijson::SchemaParser& parser, Budget& budget) {
    // The parser deletes them.
    parser.addConstraintBuilder(kStepKey, new StepBuilder(budget));
    parser.addConstraintBuilder(kPatternKey, new PatternBuilder(budget));
    parser.addConstraintBuilder(kNeverKey, new NeverBuilder());
}

}  // namespace agent::scopes
