#include "protocol/versions/merge.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/lists.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <numeric>

/// Whoever hears what in which order: all come to the same data (docs/protocol/01 §5.3 "Order dependence").
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

/// Registers, optional ones, sets, bags and nested ones of these, under the name of a type of ours.
const recipe_table& document_recipes() {
  static const auto table = recipes_with(json::parse(R"([{"name": "LamaSetting", "rule": [
    {"itemprop": "id", "isId": true, "itemtype": {"type": "string"}},
    {"itemprop": "title", "itemtype": {"type": "string"}},
    {"itemprop": "rank", "optional": true, "itemtype": {"type": "number"}},
    {"itemprop": "tags", "itemtype": {"type": "set", "item": {"type": "string"}}},
    {"itemprop": "counts", "itemtype": {"type": "bag", "item": {"type": "integer"}}},
    {"itemprop": "extra", "optional": true, "itemtype": {"type": "object", "rules": [
      {"itemprop": "a", "itemtype": {"type": "string"}},
      {"itemprop": "b", "optional": true, "itemtype": {"type": "set", "item": {"type": "string"}}}]}}]}])"));
  return table;
}

/// Some of the numbers from 0 to count - 1, ascending.
std::vector<int> random_subset(int count) {
  std::vector<int> chosen;
  auto bits = *rc::gen::inRange(0, 1 << count);
  for (int i = 0; i < count; ++i)
    if (bits >> i & 1)
      chosen.push_back(i);
  return chosen;
}

std::string random_document() {
  auto small = rc::gen::inRange(0, 5);
  json x{{"$type$", "LamaSetting"}, {"id", "d"}, {"title", "t" + std::to_string(*small)}};
  if (*rc::gen::arbitrary<bool>())
    x["rank"] = *small;
  x["tags"]["$set"] = json::array();
  for (auto i : random_subset(5))
    x["tags"]["$set"].push_back("tag" + std::to_string(i));
  x["counts"] = random_subset(5);
  if (*rc::gen::arbitrary<bool>()) {
    x["extra"] = {{"a", "a" + std::to_string(*small)}};
    if (*rc::gen::arbitrary<bool>())
      x["extra"]["b"] = {{"$set", {"b" + std::to_string(*small)}}};
  }
  return text_of(x, document_recipes());
}

/// The same entries give the same list, so that all lists are in order of time and whole.
std::string random_channel(object_space& space) {
  auto times = random_subset(12);
  return channel_text("c", build_list(space, {times.begin(), times.end()}));
}

struct version {
  std::string text;
  double time;
};

std::vector<std::size_t> random_order(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (auto i = count; i > 1; --i)
    std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
  return order;
}

hash import(object_space& space, const std::string& text, double time) {
  auto imported = import_version(space, put_edge(space, put(space, text), time));
  RC_ASSERT(static_cast<bool>(imported));
  return imported->id;
}

void copy_objects(const memory_space& from, object_space& to) {
  for (auto& name : from.names())
    if (!to.contains(name))
      put(to, *from.read(name));
}

/// The data that is current once all versions arrived; `objects` holds what they refer to.
hash data_after(const memory_space& objects, const std::vector<version>& versions, const std::vector<std::size_t>& order) {
  memory_space space{objects.recipes()};
  copy_objects(objects, space);
  hash id;
  for (auto i : order)
    id = import(space, versions[i].text, versions[i].time);
  return *current_data(space, id);
}

void expect_same_in_any_order(const memory_space& objects, const std::vector<version>& versions) {
  auto order = random_order(versions.size());
  auto other = random_order(versions.size());
  auto expected = data_after(objects, versions, order);
  RC_ASSERT(data_after(objects, versions, other) == expected);
}

/// One who changes an object and hears of another's changes.
struct replica {
  explicit replica(const recipe_table& recipes) : space{recipes} {
    // nop
  }

  void change(const std::string& text, int64_t time) {
    auto stored = store_version(space, text, time);
    RC_ASSERT(static_cast<bool>(stored));
    id = stored->id;
  }

  /// Takes the other's one offered edge; is there anything new?
  bool hear(replica& other) {
    auto offered = other.id ? *edge_of_head(other.space, *other.id) : std::nullopt;
    if (!offered || (id && space.in_history(*id, *offered)))
      return false;
    copy_objects(other.space, space);
    auto imported = import_version(space, *offered);
    RC_ASSERT(static_cast<bool>(imported));
    id = imported->id;
    return imported->changed;
  }

  memory_space space;
  std::optional<hash> id;
};

void expect_rest(replica& a, replica& b) {
  for (int round = 0; round < 8; ++round) {
    auto a_heard = a.hear(b);
    auto b_heard = b.hear(a);
    if (!a_heard && !b_heard) {
      RC_ASSERT(a.id == b.id);
      RC_ASSERT(!a.id || current_data(a.space, *a.id) == current_data(b.space, *b.id));
      return;
    }
  }
  RC_FAIL("no rest after 8 rounds");
}

TEST(convergence, documents_in_any_order_of_arrival) {
  EXPECT_TRUE(rc::check([] {
    memory_space objects{document_recipes()};
    std::vector<version> versions;
    for (int i = *rc::gen::inRange(1, 7); i > 0; --i)
      versions.push_back({random_document(), double(*rc::gen::inRange(1, 6))});
    expect_same_in_any_order(objects, versions);
  }));
}

TEST(convergence, channels_in_any_order_of_arrival) {
  EXPECT_TRUE(rc::check([] {
    memory_space objects{standard_recipes()};
    std::vector<version> versions;
    for (int i = *rc::gen::inRange(1, 6); i > 0; --i)
      versions.push_back({random_channel(objects), double(*rc::gen::inRange(1, 6))});
    expect_same_in_any_order(objects, versions);
  }));
}

TEST(convergence, two_who_change_a_document_come_to_rest) {
  EXPECT_TRUE(rc::check([] {
    std::array<replica, 2> replicas{replica{document_recipes()}, replica{document_recipes()}};
    std::array<int64_t, 2> times{};
    for (int i = *rc::gen::inRange(1, 10); i > 0; --i) {
      auto who = *rc::gen::inRange(0, 2);
      if (*rc::gen::inRange(0, 3) == 0)
        replicas[who].hear(replicas[1 - who]);
      else
        replicas[who].change(random_document(), times[who] += *rc::gen::inRange(1, 3));
    }
    expect_rest(replicas[0], replicas[1]);
  }));
}

TEST(convergence, two_who_post_to_a_channel_come_to_rest) {
  EXPECT_TRUE(rc::check([] {
    std::array<replica, 2> replicas{replica{standard_recipes()}, replica{standard_recipes()}};
    for (int time = 1, end = *rc::gen::inRange(2, 12); time < end; ++time) {
      auto& one = replicas[*rc::gen::inRange(0, 2)];
      if (*rc::gen::inRange(0, 3) == 0)
        one.hear(&one == &replicas[0] ? replicas[1] : replicas[0]);
      auto current = one.id ? load_current(one.space, *one.id) : result<object>{object{}};
      auto head = insert_entry(one.space, current->reference("head"), put_time(one.space, time), {});
      RC_ASSERT(static_cast<bool>(head));
      one.change(channel_text("c", *head), time);
    }
    expect_rest(replicas[0], replicas[1]);
    auto times = replicas[0].id ? times_of(replicas[0].space, load_current(replicas[0].space, *replicas[0].id)->reference("head")) : std::vector<double>{};
    RC_ASSERT(std::is_sorted(times.rbegin(), times.rend()));
  }));
}

/// A head of a local history, then a version from outside: the two ways to merge a channel give the same bytes.
TEST(convergence, a_channel_merges_the_same_with_and_without_its_history) {
  EXPECT_TRUE(rc::check([] {
    memory_space space{standard_recipes()};
    for (int i = *rc::gen::inRange(1, 8); i > 0; --i) {
      auto text = random_channel(space);
      auto time = *rc::gen::inRange(1, 9);
      auto stored = *space.put(text);
      auto head = space.head(*stored.id);
      auto node = put_edge(space, stored.name, time);
      if (!head || *rc::gen::arbitrary<bool>()) {
        RC_ASSERT(static_cast<bool>(store_version(space, text, time)));
        continue;
      }
      if (space.in_history(*stored.id, node))
        continue;
      named_version_node first{*head, *load_version_node(space, *head)};
      named_version_node second{node, *load_version_node(space, node)};
      auto generic = detail::merge_data(space, first, second, merge_repairs::on, detail::merge_route::generic);
      auto shortest = detail::merge_data(space, first, second, merge_repairs::on, detail::merge_route::shortest);
      RC_ASSERT(static_cast<bool>(generic));
      RC_ASSERT(static_cast<bool>(shortest));
      RC_ASSERT(generic->name == shortest->name);
      auto joined = import_version(space, node);
      RC_ASSERT(static_cast<bool>(joined));
      RC_ASSERT(joined->data == generic->name);
    }
  }));
}

} // namespace
} // namespace lama::protocol
