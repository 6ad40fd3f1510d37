#include "protocol/versions/merge.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/counting_space.hpp"
#include "tests/unit/versions/histories.hpp"
#include "tests/unit/versions/vector_space.hpp"

#include <gtest/gtest.h>

#include <random>

/// Merges by what is known of a history give what the walk of all its nodes gives, byte for byte, and cost no more for a long one than for a short one.
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

constexpr const char* own_type = "LamaSetting";
constexpr const char* stock_type = "Document";

/// Every kind of field, by itself, in nested objects and in maps.
recipe_table rich_recipes(const char* type) {
  return recipes_with(json::array({{{"name", type}, {"rule", json::parse(R"([
    {"itemprop": "id", "isId": true, "itemtype": {"type": "string"}},
    {"itemprop": "title", "itemtype": {"type": "string"}},
    {"itemprop": "rank", "optional": true, "itemtype": {"type": "number"}},
    {"itemprop": "any", "optional": true, "itemtype": {"type": "stringifiable"}},
    {"itemprop": "tags", "itemtype": {"type": "set", "item": {"type": "string"}}},
    {"itemprop": "counts", "optional": true, "itemtype": {"type": "bag", "item": {"type": "integer"}}},
    {"itemprop": "order", "optional": true, "itemtype": {"type": "array", "item": {"type": "integer"}}},
    {"itemprop": "box", "itemtype": {"type": "object", "rules": [
      {"itemprop": "c", "itemtype": {"type": "string"}},
      {"itemprop": "d", "optional": true, "itemtype": {"type": "bag", "item": {"type": "string"}}}]}},
    {"itemprop": "extra", "optional": true, "itemtype": {"type": "object", "rules": [
      {"itemprop": "a", "itemtype": {"type": "string"}},
      {"itemprop": "b", "optional": true, "itemtype": {"type": "string"}},
      {"itemprop": "m", "itemtype": {"type": "map", "key": {"type": "string"}, "value": {"type": "string"}}},
      {"itemprop": "in", "optional": true, "itemtype": {"type": "object", "rules": [
        {"itemprop": "x", "optional": true, "itemtype": {"type": "string"}},
        {"itemprop": "y", "itemtype": {"type": "set", "item": {"type": "string"}}}]}}]}},
    {"itemprop": "table", "itemtype": {"type": "map", "key": {"type": "string"}, "value": {"type": "string"}}},
    {"itemprop": "groups", "optional": true, "itemtype": {"type": "map", "key": {"type": "integer"},
                                                          "value": {"type": "set", "item": {"type": "string"}}}},
    {"itemprop": "mail", "optional": true, "itemtype": {"type": "referenceToObj", "allowedTypes": ["Email", "PersonName"]}},
    {"itemprop": "links", "itemtype": {"type": "map", "key": {"type": "string"},
                                       "value": {"type": "referenceToObj", "allowedTypes": ["Email", "PersonName"]}}}])")}}}));
}

/// What an object says; the same chance, the same object.
class writer {
public:
  writer(object_space& space, const char* type, uint32_t content) : space_{space}, type_{type}, chance_{content} {
    // nop
  }

  object whole() {
    object x{type_};
    x.set("id", "d");
    for (const char* name : names)
      set(x, name);
    return x;
  }

  /// A few fields of another one.
  object changed(object x) {
    for (auto count = 1 + below(2); count > 0; --count)
      set(x, names[below(std::size(names))]);
    return x;
  }

private:
  static constexpr const char* names[] = {"title", "rank", "any", "tags", "counts", "order", "box", "extra", "table", "groups", "mail", "links"};

  uint32_t below(std::size_t count) {
    return static_cast<uint32_t>(chance_() % count);
  }
  value word() {
    return std::string(1, static_cast<char>('a' + below(3)));
  }
  protocol::list words() {
    protocol::list out;
    for (auto i = below(4); i > 0; --i)
      out.push_back(word());
    return out;
  }
  protocol::list numbers() {
    protocol::list out;
    for (auto i = below(4); i > 0; --i)
      out.push_back(double(below(3)));
    return out;
  }
  template <class Key, class Make>
  protocol::map entries(Key key, Make make) {
    protocol::map out;
    bool backwards = below(3) == 0;
    for (uint32_t i = 0; i < 3; ++i)
      if (below(3) > 0)
        out.emplace_back(key(backwards ? 2 - i : i), make());
    return out;
  }
  value reference() {
    auto text = std::string(1, static_cast<char>('a' + below(2)));
    return put(space_, below(3) == 0 ? object_writer{"PersonName"}.text("name", text).finish() : object_writer{"Email"}.text("email", text).finish());
  }
  protocol::map word_entries() {
    return entries([](uint32_t i) { return value{std::string(1, static_cast<char>('k' + i))}; }, [this] { return word(); });
  }

  object box() {
    object x;
    x.set("c", word());
    if (below(2) == 0)
      x.set("d", words());
    return x;
  }
  object extra() {
    object x;
    x.set("a", word());
    if (below(2) == 0)
      x.set("b", word());
    x.set("m", word_entries());
    if (below(2) == 0) {
      object in;
      if (below(2) == 0)
        in.set("x", word());
      in.set("y", words());
      x.set("in", in);
    }
    return x;
  }

  void set(object& x, std::string_view name) {
    auto optional = [&](value content) {
      if (below(3) == 0)
        x.remove(name);
      else
        x.set(std::string{name}, std::move(content));
    };
    if (name == "title" || name == "tags")
      x.set(std::string{name}, name == "title" ? word() : value{words()});
    else if (name == "rank")
      optional(double(below(3)));
    else if (name == "any")
      optional(json{{"k", below(3)}});
    else if (name == "counts" || name == "order")
      optional(numbers());
    else if (name == "box")
      x.set("box", box());
    else if (name == "extra")
      optional(extra());
    else if (name == "table")
      x.set("table", word_entries());
    else if (name == "groups")
      optional(entries([](uint32_t i) { return value{double(i)}; }, [this] { return value{words()}; }));
    else if (name == "mail")
      optional(reference());
    else
      x.set("links", entries([](uint32_t i) { return value{std::string(1, static_cast<char>('k' + i))}; }, [this] { return reference(); }));
  }

  object_space& space_;
  const char* type_;
  std::mt19937 chance_;
};

/// Sets have no item twice, bags and sets are in order: what is written may differ from what was said.
std::string text_of(const object& x, const recipe_table& recipes) {
  auto distinct = x;
  auto settle = [](value& items) {
    protocol::list once;
    for (const auto& item : std::get<protocol::list>(items))
      if (std::ranges::find(once, item) == once.end())
        once.push_back(item);
    items = once;
  };
  for (auto& [name, content] : distinct.fields) {
    if (name == "tags")
      settle(content);
    if (name == "groups")
      for (auto& [key, entry] : std::get<protocol::map>(content))
        settle(entry);
    if (auto* nested = name == "extra" ? std::get_if<object>(&content) : nullptr)
      for (auto& [within, in] : nested->fields)
        if (within == "in")
          for (auto& [innermost, items] : std::get<object>(in).fields)
            if (innermost == "y")
              settle(items);
  }
  auto text = write_object(distinct, recipes);
  RC_ASSERT(static_cast<bool>(text));
  return *text;
}

void play(object_space& space, const char* type, merge_repairs repairs, const std::vector<history_step>& steps) {
  std::optional<hash> id;
  std::vector<object> versions; // that came from outside
  for (const auto& step : steps) {
    writer says{space, type, step.content};
    auto time = step.message % 9;
    if (!id || step.what == history_step::kind::change) {
      auto now = id ? load_current(space, *id) : result<object>{fail(errc::not_found, "")};
      auto next = now && step.who > 0 ? says.changed(*now) : says.whole();
      auto stored = store_version(space, text_of(next, space.recipes()), time, store_mode::change, repairs);
      RC_ASSERT(static_cast<bool>(stored));
      id = stored->id;
      continue;
    }
    auto next = !versions.empty() && step.who > 1 ? says.changed(versions[step.message / 9 % versions.size()])
                : step.who > 0                    ? says.changed(*load_current(space, *id))
                                                  : says.whole();
    versions.push_back(next);
    auto node = put_edge(space, put(space, text_of(next, space.recipes())), time);
    if (space.in_history(*id, node))
      continue;
    auto head = *space.head(*id);
    auto generic =
        detail::merge_data(space, {head, *load_version_node(space, head)}, {node, *load_version_node(space, node)}, repairs, detail::merge_route::generic);
    auto joined = import_version(space, node, repairs);
    RC_ASSERT(static_cast<bool>(joined) == static_cast<bool>(generic));
    if (!joined)
      continue; // by the stock rules (docs/protocol/01 §5.3 "Known failures")
    RC_ASSERT(*space.read(joined->data) == *space.read(generic->name));
  }
}

/// Changes here and versions from outside as they come, dated as they like.
void expect_same_as_generic(const char* type, merge_repairs repairs) {
  auto recipes = rich_recipes(type);
  EXPECT_TRUE(holds(1000, [&](const auto& steps) {
    memory_space space{recipes};
    play(space, type, repairs, steps);
  }));
}

TEST(line_merge, of_types_of_ours_is_the_merge_by_all_nodes) {
  expect_same_as_generic(own_type, merge_repairs::on);
}

TEST(line_merge, of_stock_types_is_the_merge_by_all_nodes) {
  expect_same_as_generic(stock_type, merge_repairs::on);
}

TEST(line_merge, of_stock_types_fails_where_the_peer_does) {
  expect_same_as_generic(stock_type, merge_repairs::off);
}

// ---- what it costs ----

/// Each version changes a little of everything, and takes nothing away.
std::string nth_version(object_space& space, const char* type, int number) {
  auto word = [&](int every) { return value{"v" + std::to_string(number / every)}; };
  auto mail = [&](int every) { return value{put(space, object_writer{"Email"}.text("email", std::to_string(number / every)).finish())}; };
  object in;
  in.set("x", word(3)).set("y", protocol::list{"a", word(5)});
  object extra;
  extra.set("a", word(1)).set("b", word(2)).set("m", protocol::map{{"k", word(1)}, {"l", word(7)}}).set("in", in);
  object x{type};
  x.set("id", "d").set("title", word(2)).set("rank", double(number)).set("any", json{{"k", number}}).set("tags", protocol::list{"a", "b"});
  x.set("counts", protocol::list{1, 2}).set("order", protocol::list{2, 1}).set("box", object{}.set("c", word(1)).set("d", protocol::list{"b"}));
  x.set("extra", extra).set("table", protocol::map{{"k", word(1)}, {"l", word(9)}}).set("groups", protocol::map{{1, protocol::list{"a"}}});
  x.set("mail", mail(4)).set("links", protocol::map{{"k", mail(1)}, {"l", mail(3)}});
  return text_of(x, space.recipes());
}

/// Accesses of one import after each number of versions: the first that merges, and later ones.
void expect_imports_cost_the_same(const char* type, store_mode before) {
  auto recipes = rich_recipes(type);
  auto accesses_after = [&](int versions) {
    memory_space memory{recipes};
    counting_space space{memory};
    auto bring = [&](int number, bool from_outside) {
      auto text = nth_version(space, type, number);
      auto time = number * 7919 % 1000; // dated in no order
      auto node = put_edge(space, space.put(text)->name, time);
      space.reset();
      ASSERT_TRUE(from_outside ? import_version(space, node) : store_version(space, text, time));
    };
    for (int i = 1; i <= versions; ++i)
      bring(i, before == store_mode::merge);
    bring(versions + 1, true);
    return space.accesses();
  };
  auto after_two = accesses_after(2);
  EXPECT_LE(accesses_after(10), after_two);
  EXPECT_LE(accesses_after(300), after_two);
}

TEST(line_merge, after_three_hundred_versions_from_outside_reads_no_more_than_after_two) {
  for (const char* type : {own_type, stock_type})
    expect_imports_cost_the_same(type, store_mode::merge);
}

TEST(line_merge, after_three_hundred_changes_here_reads_no_more_than_after_two) {
  for (const char* type : {own_type, stock_type})
    expect_imports_cost_the_same(type, store_mode::change);
}

/// Another process, or one that has forgotten: the first merge walks the history, and no other does.
TEST(line_merge, walks_a_history_once) {
  auto recipes = rich_recipes(stock_type);
  memory_space first{recipes};
  std::optional<hash> id;
  for (int i = 1; i <= 100; ++i)
    id = store_version(first, nth_version(first, stock_type, i), i)->id;
  memory_space second{recipes};
  for (const auto& name : first.names())
    put(second, *first.read(name));
  second.set_head(*id, *first.head(*id), {});
  counting_space space{second};
  auto accesses_of = [&](int number) {
    auto node = put_edge(space, put(space, nth_version(space, stock_type, number)), number);
    space.reset();
    EXPECT_TRUE(import_version(space, node)->changed);
    return space.accesses();
  };
  EXPECT_GT(accesses_of(101), 200u);
  EXPECT_LT(accesses_of(102), 20u);
}

} // namespace
} // namespace lama::protocol
