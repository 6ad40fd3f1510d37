#include "protocol/versions/history.hpp"
#include "tests/unit/versions/vector_space.hpp"

#include <gtest/gtest.h>

#include <set>

/// Versions as a person wants them: list, compare, restore.
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

class history_test : public ::testing::Test {
protected:
  hash change(const std::string& name, int64_t time) {
    auto stored = store_version(space, object_writer{"Person"}.text("email", "a@b").text("name", name).finish(), time);
    EXPECT_TRUE(stored);
    return stored->head;
  }
  hash import(const std::string& name, int64_t time) {
    auto data = put(space, object_writer{"Person"}.text("email", "a@b").text("name", name).finish());
    return import_version(space, put_edge(space, data, static_cast<double>(time)))->head;
  }
  std::vector<hash> nodes(std::size_t limit = 100) {
    std::vector<hash> names;
    auto found = *list_versions(space, id, limit);
    for (const auto& x : found.versions)
      names.push_back(x.node);
    return names;
  }

  memory_space space{standard_recipes()};
  hash id = id_hash_of_person("a@b");
};

TEST_F(history_test, lists_newest_first_with_merges) {
  EXPECT_EQ(list_versions(space, id, 10).failure().code, errc::not_found);
  auto first = change("one", 10);
  auto second = change("two", 20);
  auto merge = import("three", 30);
  auto found = *list_versions(space, id, 100);
  ASSERT_EQ(found.versions.size(), 4u);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.versions[0].node, merge);
  EXPECT_TRUE(found.versions[0].is_current);
  EXPECT_EQ(found.versions[0].content.kind, version_node_kind::merge);
  EXPECT_EQ(found.versions[1].node, second);
  EXPECT_FALSE(found.versions[1].is_current);
  EXPECT_EQ(found.versions[2].content.creation_time, 30); // of the two first ones the later
  EXPECT_EQ(found.versions[3].node, first);
}

TEST_F(history_test, lists_no_more_than_asked_for) {
  for (int i = 0; i < 5; ++i)
    change("name " + std::to_string(i), i);
  auto found = *list_versions(space, id, 3);
  EXPECT_EQ(found.versions.size(), 3u);
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(nodes(3), (std::vector<hash>{nodes()[0], nodes()[1], nodes()[2]}));
  EXPECT_TRUE(list_versions(space, id, 5)->complete);
}

TEST_F(history_test, finds_a_version_by_number_and_by_the_beginning_of_its_names) {
  auto first = change("one", 10);
  auto second = change("two", 20);
  EXPECT_EQ(find_version(space, id, "0")->node, second);
  EXPECT_EQ(find_version(space, id, "1")->node, first);
  EXPECT_EQ(find_version(space, id, "2").failure().code, errc::not_found);
  EXPECT_EQ(find_version(space, id, first.hex())->node, first);
  EXPECT_EQ(find_version(space, id, first.hex().substr(0, 10))->node, first);
  EXPECT_EQ(find_version(space, id, current_data(space, id)->hex().substr(0, 10))->node, second);
  EXPECT_EQ(find_version(space, id, first.hex().substr(0, 2) + "x").failure().code, errc::bad_input);
  EXPECT_EQ(find_version(space, id, "zzzz").failure().code, errc::not_found);
  EXPECT_EQ(find_version(space, id, "").failure().code, errc::bad_input);
}

TEST_F(history_test, several_that_begin_alike_are_not_guessed) {
  std::set<std::string> beginnings;
  for (int i = 0;; ++i) {
    auto node = change("name " + std::to_string(i), i).hex().substr(0, 4);
    if (bool number = node.find_first_not_of("0123456789") == std::string::npos; !beginnings.insert(node).second && !number) {
      EXPECT_EQ(find_version(space, id, node).failure().code, errc::conflict);
      return;
    }
    ASSERT_LT(i, 5000);
  }
}

TEST_F(history_test, an_old_version_comes_back_on_top) {
  auto first = change("one", 10);
  auto second = change("two", 20);
  auto restored = restore_version(space, id, first, 30);
  ASSERT_TRUE(restored) << restored.failure().message;
  EXPECT_EQ(load_current(space, id)->text("name"), "one");
  auto node = *load_version_node(space, restored->head);
  EXPECT_EQ(node.kind, version_node_kind::change);
  EXPECT_EQ(node.previous, std::vector{second});
  EXPECT_EQ(node.creation_time, 30);
  EXPECT_EQ(nodes().size(), 3u);
}

TEST_F(history_test, only_versions_of_the_object_come_back) {
  auto first = change("one", 10);
  EXPECT_EQ(restore_version(space, id, first, 30).failure().code, errc::conflict); // it is current
  EXPECT_EQ(restore_version(space, id, sha256("nothing"), 30).failure().code, errc::not_found);
  auto other = store_version(space, object_writer{"Person"}.text("email", "c@d").finish(), 5);
  EXPECT_EQ(restore_version(space, id, other->head, 30).failure().code, errc::not_found);
  EXPECT_EQ(nodes().size(), 1u);
}

// ---- differences ----

const recipe_table& document_recipes() {
  static const auto table = recipes_with(json::parse(R"([{"name": "Document", "rule": [
    {"itemprop": "id", "isId": true},
    {"itemprop": "title", "optional": true},
    {"itemprop": "rank", "optional": true, "itemtype": {"type": "number"}},
    {"itemprop": "tags", "optional": true, "itemtype": {"type": "set", "item": {"type": "string"}}},
    {"itemprop": "bag", "optional": true, "itemtype": {"type": "bag", "item": {"type": "integer"}}},
    {"itemprop": "order", "optional": true, "itemtype": {"type": "array", "item": {"type": "string"}}},
    {"itemprop": "table", "optional": true, "itemtype": {"type": "map", "key": {"type": "string"}, "value": {"type": "set", "item": {"type": "string"}}}},
    {"itemprop": "extra", "optional": true, "itemtype": {"type": "object", "rules": [
      {"itemprop": "a"}, {"itemprop": "b", "optional": true, "itemtype": {"type": "boolean"}}]}},
    {"itemprop": "any", "optional": true, "itemtype": {"type": "stringifiable"}},
    {"itemprop": "mail", "optional": true, "itemtype": {"type": "referenceToObj", "allowedTypes": ["*"]}}]}])"));
  return table;
}

/// "path: before -> after", a line each.
std::string changes(const json& before, const json& after) {
  auto object = [](json x) {
    x["$type$"] = "Document";
    x["id"] = "d";
    auto made = from_json(x, document_recipes());
    EXPECT_TRUE(made) << made.failure().message;
    return *made;
  };
  auto found = compare_versions(object(before), object(after), document_recipes());
  EXPECT_TRUE(found);
  std::string lines;
  for (const auto& x : found->changes)
    lines += x.path + ": " + (x.before ? x.before->dump() : "-") + " -> " + (x.after ? x.after->dump() : "-") + "\n";
  return lines;
}

TEST(version_changes, of_each_kind_of_field) {
  EXPECT_EQ(changes({{"title", "a"}}, {{"title", "a"}}), "");
  EXPECT_EQ(changes({{"title", "a"}, {"rank", 1}}, {{"title", "b"}, {"rank", 1.5}}), "title: \"a\" -> \"b\"\nrank: 1 -> 1.5\n");
  EXPECT_EQ(changes({{"title", "a"}}, {{"rank", 1}}), "title: \"a\" -> -\nrank: - -> 1\n");
  EXPECT_EQ(changes({{"tags", {"a", "b"}}}, {{"tags", {"b", "c"}}}), "tags: \"a\" -> -\ntags: - -> \"c\"\n");
  EXPECT_EQ(changes({{"bag", {1, 1, 2}}}, {{"bag", {1, 2, 2, 3}}}), "bag: 1 -> -\nbag: - -> 2\nbag: - -> 3\n");
  EXPECT_EQ(changes({{"extra", {{"a", "x"}}}}, {{"extra", {{"a", "y"}, {"b", true}}}}), "extra.a: \"x\" -> \"y\"\nextra.b: - -> true\n");
  EXPECT_EQ(changes({}, {{"extra", {{"a", "x"}}}}), "extra: - -> {\"a\":\"x\"}\n");
  EXPECT_EQ(changes({{"any", {{"k", 1}}}}, {{"any", {{"k", 2}}}}), "any: {\"k\":1} -> {\"k\":2}\n");
  auto one = sha256("1").hex();
  auto two = sha256("2").hex();
  EXPECT_EQ(changes({{"mail", one}}, {{"mail", two}}), "mail: \"" + one + "\" -> \"" + two + "\"\n");
}

TEST(version_changes, of_arrays_keep_what_both_begin_and_end_with) {
  auto order = [](std::vector<std::string> items) { return json{{"order", items}}; };
  EXPECT_EQ(changes(order({"a", "b", "c"}), order({"a", "x", "b", "c"})), "order[1]: - -> \"x\"\n");
  EXPECT_EQ(changes(order({"a", "b", "c"}), order({"a", "c"})), "order[1]: \"b\" -> -\n");
  EXPECT_EQ(changes(order({"a", "b"}), order({"b", "a"})), "order[0]: \"a\" -> \"b\"\norder[1]: \"b\" -> \"a\"\n");
  EXPECT_EQ(changes(order({"a", "a"}), order({"a"})), "order[1]: \"a\" -> -\n");
  EXPECT_EQ(changes(order({}), order({"a"})), "order[0]: - -> \"a\"\n");
}

TEST(version_changes, of_maps_go_by_key) {
  auto table = [](const json& entries) { return json{{"table", entries}}; };
  auto entry = [](const char* key, std::vector<std::string> items) { return json::array({key, items}); };
  EXPECT_EQ(changes(table(json::array({entry("x", {"1"}), entry("y", {"2"})})), table(json::array({entry("y", {"2"}), entry("x", {"1"})}))), "");
  EXPECT_EQ(changes(table(json::array({entry("x", {"1"}), entry("y", {"2"})})), table(json::array({entry("x", {"1", "3"}), entry("z", {})}))),
            "table[x]: - -> \"3\"\ntable[y]: [\"2\"] -> -\ntable[z]: - -> []\n");
}

TEST(version_changes, are_refused_between_types_and_cut_where_there_are_too_many) {
  EXPECT_EQ(compare_versions(object{"Document"}, object{"Person"}, document_recipes()).failure().code, errc::bad_input);
  EXPECT_EQ(compare_versions(object{"None"}, object{"None"}, document_recipes()).failure().code, errc::unsupported);
  object before{"Document"};
  object after{"Document"};
  protocol::list many;
  for (int i = 0; i < 10'001; ++i)
    many.push_back(double(i));
  before.set("bag", many);
  after.set("bag", protocol::list{});
  auto found = *compare_versions(before, after, document_recipes());
  EXPECT_EQ(found.changes.size(), 10'000u);
  EXPECT_FALSE(found.complete);
  // What no recipe would let a program write is shown, not feared.
  before.set("bag", "text");
  EXPECT_TRUE(compare_versions(before, after, document_recipes()));
}

} // namespace
} // namespace lama::protocol
