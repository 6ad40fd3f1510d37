#include "tests/unit/versions/histories.hpp"

#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/lists.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

/// Five replicas, random histories with duplicates, reorder and partial delivery: all come to the same bytes. LAMA_HISTORIES=100000 runs so many of each.
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

json fields(bool with_ordered) {
  auto rules = json::parse(R"([
    {"itemprop": "id", "isId": true, "itemtype": {"type": "string"}},
    {"itemprop": "title", "itemtype": {"type": "string"}},
    {"itemprop": "rank", "optional": true, "itemtype": {"type": "number"}},
    {"itemprop": "flag", "optional": true, "itemtype": {"type": "boolean"}},
    {"itemprop": "tags", "itemtype": {"type": "set", "item": {"type": "string"}}},
    {"itemprop": "counts", "itemtype": {"type": "bag", "item": {"type": "integer"}}},
    {"itemprop": "extra", "optional": true, "itemtype": {"type": "object", "rules": [
      {"itemprop": "a", "itemtype": {"type": "string"}},
      {"itemprop": "b", "optional": true, "itemtype": {"type": "set", "item": {"type": "string"}}}]}}])");
  if (with_ordered)
    for (const auto& rule : json::parse(R"([
      {"itemprop": "order", "itemtype": {"type": "array", "item": {"type": "integer"}}},
      {"itemprop": "table", "itemtype": {"type": "map", "key": {"type": "string"}, "value": {"type": "string"}}},
      {"itemprop": "groups", "optional": true, "itemtype": {"type": "map", "key": {"type": "integer"},
                                                            "value": {"type": "set", "item": {"type": "string"}}}},
      {"itemprop": "mail", "optional": true, "itemtype": {"type": "referenceToObj", "allowedTypes": ["Email"]}},
      {"itemprop": "any", "optional": true, "itemtype": {"type": "stringifiable"}}])"))
      rules.push_back(rule);
  return rules;
}

/// Takes numbers out of one, so that a smaller one is a simpler object.
class digits {
public:
  explicit digits(uint32_t from) : rest_(from) {
    // nop
  }
  uint32_t next(uint32_t below) {
    auto digit = rest_ % below;
    rest_ /= below;
    return digit;
  }

private:
  uint32_t rest_;
};

template <class Make>
protocol::list some(uint32_t bits, Make make) {
  protocol::list out;
  for (uint32_t i = 0; i < 3; ++i)
    if (bits >> i & 1)
      out.push_back(make(i));
  return out;
}

value word(uint32_t i) {
  return std::string(1, static_cast<char>('a' + i));
}

object document(digits from, const char* type) {
  object x{type};
  x.set("id", "d").set("title", "t" + std::to_string(from.next(3)));
  x.set("tags", some(from.next(8), word)).set("counts", some(from.next(8), [](uint32_t i) { return value{double(i)}; }));
  if (auto rank = from.next(4); rank > 0)
    x.set("rank", double(rank));
  if (auto flag = from.next(3); flag > 0)
    x.set("flag", flag == 1);
  if (auto extra = from.next(10); extra > 0) {
    object nested;
    nested.set("a", word(extra % 3));
    if (extra > 2)
      nested.set("b", some(extra % 8, word));
    x.set("extra", nested);
  }
  return x;
}

/// With what has an order: arrays, maps.
object ordered_document(object_space& space, uint32_t content) {
  auto x = document(digits{content}, "LamaSetting");
  digits from{content * 2654435761u};
  protocol::list order;
  for (auto count = from.next(4); count > 0; --count)
    order.push_back(double(from.next(3)));
  auto entries = [&](auto key, auto make) {
    protocol::map out;
    auto bits = from.next(8);
    bool backwards = from.next(2) == 1;
    for (uint32_t i = 0; i < 3; ++i)
      if (auto each = backwards ? 2 - i : i; bits >> each & 1)
        out.emplace_back(key(each), make());
    return out;
  };
  x.set("order", order).set("table", entries(word, [&] { return word(from.next(3)); }));
  if (from.next(3) > 0)
    x.set("groups", entries([](uint32_t i) { return value{double(i)}; }, [&] { return value{some(from.next(8), word)}; }));
  if (auto mail = from.next(3); mail > 0)
    x.set("mail", put(space, object_writer{"Email"}.text("email", std::to_string(mail)).finish()));
  if (auto any = from.next(3); any > 0)
    x.set("any", json{{"k", any}});
  return x;
}

TEST(histories, types_of_ours_with_every_kind_of_field) {
  auto recipes = recipes_with(json::array({{{"name", "LamaSetting"}, {"rule", fields(true)}}}));
  shared_object what{
      &recipes, [&](object_space& space, const object*, const history_step& step) { return *write_object(ordered_document(space, step.content), recipes); }};
  EXPECT_TRUE(holds(400, [&](const auto& steps) { check_convergence(what, steps); }));
}

TEST(histories, types_of_ours_that_are_changed_a_little_at_a_time) {
  auto recipes = recipes_with(json::array({{{"name", "LamaSetting"}, {"rule", fields(true)}}}));
  shared_object what{&recipes, [&](object_space& space, const object* now, const history_step& step) {
                       auto wanted = ordered_document(space, step.content);
                       if (!now)
                         return *write_object(wanted, recipes);
                       // One field, so that most of the version is what it was.
                       auto next = *now;
                       const auto& rules = recipes.find("LamaSetting")->rules;
                       const auto& field = rules[1 + step.content % (rules.size() - 1)];
                       if (auto* content = wanted.find(field.name))
                         next.set(field.name, *content);
                       else
                         next.remove(field.name);
                       return *write_object(next, recipes);
                     }};
  EXPECT_TRUE(holds(400, [&](const auto& steps) { check_convergence(what, steps); }));
}

/// Registers, sets, bags, nested objects: what gives the same on all sides by the stock rules (docs/protocol/01 §5.3 "Order dependence"), in whatever
/// order, and how often, the versions of all arrive. More cannot be asked: a merged version is offered with the time of the later one, and which of two
/// of one time counts their nodes decide, which are others on each side; so stock peers that go on exchanging may rest with different registers.
TEST(histories, stock_rules_for_what_has_no_order) {
  auto recipes = recipes_with(json::array({{{"name", "Document"}, {"rule", fields(false)}}}));
  EXPECT_TRUE(holds(400, [&](const auto& steps) {
    std::vector<std::pair<std::string, double>> versions;
    for (const auto& step : steps) // each at a time of its own
      versions.emplace_back(*write_object(document(digits{step.content}, "Document"), recipes), double(step.message) * 1000 + double(versions.size()));
    auto data_after = [&](auto first, auto last) {
      memory_space space{recipes};
      std::optional<hash> id;
      for (auto step = first; step != last; ++step)
        for (auto which : {static_cast<std::size_t>(step - first), step->message % versions.size()}) { // and another one, again or early
          const auto& [text, time] = versions[which];
          auto imported = import_version(space, put_edge(space, put(space, text), time));
          RC_ASSERT(static_cast<bool>(imported));
          id = imported->id;
        }
      return id ? current_data(space, *id) : std::nullopt;
    };
    auto forward = data_after(steps.begin(), steps.end());
    std::reverse(versions.begin(), versions.end());
    RC_ASSERT(data_after(steps.begin(), steps.end()) == forward);
  }));
}

/// As people post: each after what they have seen. (What is older than all goes on top, as the stock peer does, and out of the order of time:
/// docs/protocol/01 §5.5.)
TEST(histories, channels) {
  auto recipes = recipes_with(json::array());
  shared_object what{&recipes,
                     [](object_space& space, const object* now, const history_step& step) {
                       auto head = now ? now->reference("head") : std::nullopt;
                       auto latest = times_of(space, head);
                       auto inserted = insert_entry(space, head, put_time(space, (latest.empty() ? 0 : latest.front()) + step.content % 3), {});
                       RC_ASSERT(static_cast<bool>(inserted));
                       return channel_text("c", *inserted);
                     },
                     true};
  EXPECT_TRUE(holds(200, [&](const auto& steps) { check_convergence(what, steps); }));
}

} // namespace
} // namespace lama::protocol
