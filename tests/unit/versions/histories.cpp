#include "tests/unit/versions/histories.hpp"

#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

namespace lama::testing {

using namespace protocol;

namespace {

/// An Edge on its way, with its data.
struct message {
  std::string edge;
  std::string data;
};

class replica {
public:
  explicit replica(const recipe_table& recipes) : space{recipes} {
    // nop
  }

  void change(const shared_object& what, const history_step& step, int number) {
    clock += step.time;
    auto now = id ? load_current(space, *id) : result<object>{fail(errc::not_found, "")};
    auto time = what.distinct_times ? clock * replica_count + number : clock;
    auto stored = store_version(space, what.next(space, now ? &*now : nullptr, step), time);
    RC_ASSERT(static_cast<bool>(stored));
    id = stored->id;
  }

  std::optional<message> offer() {
    if (!id)
      return std::nullopt;
    auto edge = edge_of_head(space, *id); // stored, as an exporter does: its echo is known
    RC_ASSERT(static_cast<bool>(edge));
    if (!*edge)
      return std::nullopt;
    return message{*space.read(**edge), *space.read(*current_data(space, *id))};
  }

  /// Is it news?
  bool hear(const shared_object& what, const message& x) {
    if (id && space.in_history(*id, sha256(x.edge)))
      return false;
    RC_ASSERT(static_cast<bool>(space.put(x.data)));
    auto edge = space.put(x.edge);
    RC_ASSERT(static_cast<bool>(edge));
    auto imported = import_version(space, edge->name);
    RC_ASSERT(static_cast<bool>(imported));
    RC_ASSERT(!import_version(space, edge->name)->changed); // once more is no news
    id = imported->id;
    // By the stock rules a change that is dated before what it was made on may lose against it (docs/protocol/01 §5.3): these clocks agree.
    if (what.distinct_times)
      clock = std::max(clock, static_cast<int64_t>(load(space, edge->name)->number("creationTime")) / replica_count);
    return true;
  }

  memory_space space;
  std::optional<hash> id;
  int64_t clock = 1;
};

class world {
public:
  explicit world(const shared_object& what) : what_(what) {
    for (int i = 0; i < replica_count; ++i)
      replicas_.push_back(std::make_unique<replica>(*what.recipes));
  }

  void play(const history_step& step) {
    auto& one = *replicas_[static_cast<std::size_t>(step.who)];
    switch (step.what) {
    case history_step::kind::change:
      one.change(what_, step, step.who);
      break;
    case history_step::kind::send:
      if (auto offered = one.offer())
        sent_.push_back({*offered, step.who});
      break;
    case history_step::kind::deliver:
      if (!sent_.empty())
        bring(sent_[step.message % sent_.size()], step.who);
      break;
    }
  }

  /// All that was ever sent, to everybody, the last first.
  void deliver_all_again() {
    for (auto each = sent_.rbegin(); each != sent_.rend(); ++each)
      for (int who = 0; who < replica_count; ++who)
        bring(*each, who);
  }

  void come_to_rest() {
    for (int round = 0; round < 4 * replica_count; ++round) {
      bool news = false;
      for (int from = 0; from < replica_count; ++from)
        for (int to = 0; to < replica_count; ++to)
          if (auto offered = from == to ? std::nullopt : replicas_[static_cast<std::size_t>(from)]->offer())
            news = bring({*offered, from}, to) || news;
      if (!news)
        return expect_same();
    }
    RC_FAIL("no rest");
  }

private:
  struct sent_message {
    message content;
    int from;
  };

  bool bring(const sent_message& x, int to) {
    if (x.from == to)
      return false;
    auto& receiver = *replicas_[static_cast<std::size_t>(to)];
    // Objects that versions refer to come before these, as a transfer brings them.
    for (const auto& name : replicas_[static_cast<std::size_t>(x.from)]->space.names())
      if (auto text = *replicas_[static_cast<std::size_t>(x.from)]->space.read(name); !receiver.space.contains(name))
        (void)receiver.space.put(text);
    return receiver.hear(what_, x.content);
  }

  void expect_same() const {
    std::optional<hash> common;
    for (const auto& each : replicas_) {
      if (!each->id)
        continue;
      auto data = current_data(each->space, *each->id);
      RC_ASSERT(data.has_value());
      if (common && data != common) {
        RC_LOG() << *each->space.read(*data) << "\n" << *each->space.read(*common) << "\n";
        RC_FAIL("two replicas differ");
      }
      common = data;
    }
  }

  const shared_object& what_;
  std::vector<std::unique_ptr<replica>> replicas_;
  std::vector<sent_message> sent_;
};

rc::Gen<history_step> any_step() {
  using kind = history_step::kind;
  return rc::gen::build<history_step>(
      rc::gen::set(&history_step::what, rc::gen::weightedElement<kind>({{3, kind::change}, {2, kind::send}, {4, kind::deliver}})),
      rc::gen::set(&history_step::who, rc::gen::inRange(0, replica_count)), rc::gen::set(&history_step::time, rc::gen::inRange(1, 4)),
      rc::gen::set(&history_step::content), rc::gen::set(&history_step::message, rc::gen::inRange<uint32_t>(0, 1000)));
}

} // namespace

std::ostream& operator<<(std::ostream& out, const history_step& x) {
  switch (x.what) {
  case history_step::kind::change:
    return out << "\n  replica " << x.who << " changes it to " << x.content << ", +" << x.time << " ms";
  case history_step::kind::send:
    return out << "\n  replica " << x.who << " sends";
  case history_step::kind::deliver:
    return out << "\n  replica " << x.who << " hears message " << x.message;
  }
  return out;
}

rc::Gen<std::vector<history_step>> any_history() {
  return rc::gen::container<std::vector<history_step>>(any_step());
}

void check_convergence(const shared_object& what, const std::vector<history_step>& steps) {
  world all{what};
  for (const auto& step : steps)
    all.play(step);
  all.come_to_rest();
  all.deliver_all_again();
  all.come_to_rest();
}

bool holds(int usual, const std::function<void(const std::vector<history_step>&)>& property) {
  const auto* wanted = std::getenv("LAMA_HISTORIES");
  auto params = rc::detail::configuration().testParams;
  params.maxSuccess = wanted ? std::atoi(wanted) : usual;
  params.maxSize = 40; // steps of a history
  auto outcome = rc::detail::checkTestable([&] { property(*any_history()); }, rc::detail::TestMetadata{}, params);
  if (outcome.template is<rc::detail::SuccessResult>())
    return true;
  rc::detail::printResultMessage(outcome, std::cerr);
  std::cerr << "\nRC_PARAMS=\"seed=" << params.seed << "\" repeats it\n";
  return false;
}

} // namespace lama::testing
