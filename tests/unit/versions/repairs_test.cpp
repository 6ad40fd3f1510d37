#include "protocol/versions/algorithm.hpp"
#include "protocol/versions/merge.hpp"
#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/vector_space.hpp"

#include <gtest/gtest.h>

/// Where the stock peer fails and we do not (docs/protocol/01 §5.3 "Known failures"), and what is refused.
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

/// The vectors' test type, and a register under the name of a type of ours.
const recipe_table& test_recipes() {
  static const auto table = [] {
    auto types = load_vectors("versions.json")["testRecipes"];
    types.push_back(json::parse(R"({"name": "LamaSetting", "rule": [
      {"itemprop": "key", "isId": true, "itemtype": {"type": "string"}},
      {"itemprop": "value", "itemtype": {"type": "string"}}]})"));
    return recipes_with(types);
  }();
  return table;
}

struct repairs : ::testing::Test {
  const recipe_table& recipes = test_recipes();
  memory_space space{recipes};

  result<stored_version> import(const json& x, double time, merge_repairs how = merge_repairs::on) {
    return import_version(space, put_edge(space, put(space, text_of(x, recipes)), time), how);
  }
  result<stored_version> change(const json& x, int64_t time) {
    return store_version(space, text_of(x, recipes), time);
  }
  std::string current(const hash& id) {
    return *space.read(*current_data(space, id));
  }
  std::string topic(const std::string& id) {
    auto channel = sha256("channel of " + id);
    return put(space, object_writer{"Topic"}.text("id", id).id_reference("channel", channel).finish()).hex();
  }
};

json topics(const std::vector<std::pair<std::string, std::string>>& entries) {
  auto pairs = json::array();
  for (auto& [key, name] : entries)
    pairs.push_back(json::array({key, name}));
  return pairs;
}

json set_entry(const std::string& key, const std::vector<std::string>& items) {
  return json::array({key, {{"$set", items}}});
}

json registry(const json& topics) {
  return {{"$type$", "TopicAppRegistry"}, {"id", "TopicAppRegistry"}, {"topics", {{"$map", topics}}}};
}

json document(const json& sets) {
  return {{"$type$", "V_Doc"},
          {"id", "d"},
          {"title", "t"},
          {"tags", {{"$set", json::array()}}},
          {"list", json::array()},
          {"bag", json::array()},
          {"m", {{"$map", json::array()}}},
          {"ms", {{"$map", sets}}}};
}

TEST_F(repairs, keeps_the_reference_that_only_the_head_has) {
  auto a = topic("a"), b = topic("b"), c = topic("c");
  ASSERT_TRUE(change(registry(topics({{"a", a}})), 1));
  ASSERT_TRUE(change(registry(topics({{"a", a}, {"b", b}})), 2));
  EXPECT_EQ(import(registry(topics({{"c", c}})), 3, merge_repairs::off).failure().detail, "O2M-RTYC1");
  auto imported = import(registry(topics({{"c", c}})), 4);
  ASSERT_TRUE(imported) << imported.failure().message;
  EXPECT_EQ(current(imported->id), text_of(registry(topics({{"a", a}, {"b", b}, {"c", c}})), recipes));
}

TEST_F(repairs, drops_a_reference_that_the_head_lacks) {
  auto a = topic("a"), b = topic("b"), c = topic("c");
  ASSERT_TRUE(change(registry(topics({{"a", a}, {"b", b}})), 1));
  ASSERT_TRUE(change(registry(json::array()), 2)); // only the first removal is recorded: b is a ghost
  auto imported = import(registry(topics({{"c", c}})), 3);
  ASSERT_TRUE(imported) << imported.failure().message;
  EXPECT_EQ(current(imported->id), text_of(registry(topics({{"c", c}})), recipes));
}

TEST_F(repairs, takes_the_set_of_a_ghost_key_from_who_has_it) {
  auto x = set_entry("x", {"1"}), y = set_entry("y", {"2"}), theirs = set_entry("y", {"2", "3"});
  ASSERT_TRUE(change(document(json::array({x, y})), 1));
  ASSERT_TRUE(change(document(json::array()), 2));
  EXPECT_FALSE(import(document(json::array({theirs})), 3, merge_repairs::off));
  auto imported = import(document(json::array({theirs})), 4);
  ASSERT_TRUE(imported) << imported.failure().message;
  EXPECT_EQ(current(imported->id), text_of(document(json::array({theirs})), recipes));
}

TEST_F(repairs, drops_the_set_of_a_ghost_key_that_neither_has) {
  auto x = set_entry("x", {"1"}), y = set_entry("y", {"2"}), z = set_entry("z", {"3"});
  ASSERT_TRUE(change(document(json::array({x, y})), 1));
  ASSERT_TRUE(change(document(json::array()), 2));
  auto imported = import(document(json::array({z})), 3);
  ASSERT_TRUE(imported) << imported.failure().message;
  EXPECT_EQ(current(imported->id), text_of(document(json::array({z})), recipes));
}

TEST_F(repairs, leave_no_failure_in_the_random_sequences) {
  auto random = load_vectors("versions-fuzz.json");
  int failed_at_the_peer = 0;
  for (auto& vector : random["cases"]) {
    SCOPED_TRACE(vector["name"].get<std::string>());
    memory_space own{recipes};
    for (auto& step : vector["steps"]) {
      auto text = text_of(step["object"], recipes);
      auto mode = step["op"] == "merge" ? store_mode::merge : store_mode::change;
      auto stored = step["op"] == "import" ? import_version(own, put_edge(own, put(own, text), step["creationTime"].get<double>()))
                                           : store_version(own, text, step["time"].get<int64_t>(), mode);
      EXPECT_TRUE(stored) << stored.failure().message;
      failed_at_the_peer += step.contains("error");
    }
  }
  EXPECT_EQ(failed_at_the_peer, 15);
}

TEST_F(repairs, a_change_of_ours_is_later_than_what_it_changes) {
  auto setting = [](const char* value) { return json{{"$type$", "LamaSetting"}, {"key", "k"}, {"value", value}}; };
  auto person = [](const char* name) { return json{{"$type$", "Person"}, {"email", "a@b"}, {"name", name}}; };
  ASSERT_TRUE(import(setting("theirs"), 1000));
  auto changed = change(setting("ours"), 5);
  ASSERT_TRUE(changed);
  EXPECT_EQ(load_version_node(space, changed->head)->creation_time, 1001);
  ASSERT_TRUE(import(person("theirs"), 1000));
  auto stock = change(person("ours"), 5);
  ASSERT_TRUE(stock);
  EXPECT_EQ(load_version_node(space, stock->head)->creation_time, 5);
}

TEST_F(repairs, versions_of_ours_of_one_millisecond_are_decided_by_their_values) {
  auto setting = [](const char* value) { return json{{"$type$", "LamaSetting"}, {"key", "k"}, {"value", value}}; };
  for (auto& [ours, theirs] : {std::pair{"a", "b"}, std::pair{"b", "a"}}) {
    memory_space own{recipes};
    ASSERT_TRUE(store_version(own, text_of(setting("first"), recipes), 1));
    auto changed = store_version(own, text_of(setting(ours), recipes), 7);
    ASSERT_TRUE(changed);
    auto merged = import_version(own, put_edge(own, put(own, text_of(setting(theirs), recipes)), 7));
    ASSERT_TRUE(merged);
    EXPECT_EQ(load(own, merged->data)->text("value"), "b");
  }
}

TEST_F(repairs, refuses_a_path_that_goes_too_deep) {
  // Two chains of references of one type, of which only the ends differ.
  auto chains = recipes_with(json::parse(R"([
    {"name": "Link", "rule": [{"itemprop": "next", "optional": true, "itemtype": {"type": "referenceToObj", "allowedTypes": ["Link"]}},
                              {"itemprop": "end", "optional": true, "itemtype": {"type": "string"}}]},
    {"name": "Chain", "rule": [{"itemprop": "id", "isId": true, "itemtype": {"type": "string"}},
                               {"itemprop": "first", "itemtype": {"type": "referenceToObj", "allowedTypes": ["Link"]}}]}])"));
  auto chain_of = [](object_space& to, int length, const std::string& end) {
    auto link = put(to, object_writer{"Link"}.text("end", end).finish());
    for (int i = 1; i < length; ++i)
      link = put(to, object_writer{"Link"}.object_reference("next", link).finish());
    return object_writer{"Chain"}.text("id", "c").object_reference("first", link).finish();
  };
  for (auto length : {100, 1000}) {
    memory_space own{chains};
    ASSERT_TRUE(store_version(own, chain_of(own, length, "a"), 1));
    ASSERT_TRUE(store_version(own, chain_of(own, length, "b"), 2));
    auto node = put_edge(own, put(own, chain_of(own, 1, "c")), 3);
    auto head = *own.head(*own.put(chain_of(own, 1, "c"))->id);
    auto merged =
        detail::merge_data(own, {head, *load_version_node(own, head)}, {node, *load_version_node(own, node)}, merge_repairs::on, detail::merge_route::generic);
    EXPECT_EQ(static_cast<bool>(merged), length == 100);
    if (!merged) {
      EXPECT_EQ(merged.failure().code, errc::too_large);
    }
    // Where two references are set anew, what lies below does not count.
    EXPECT_TRUE(import_version(own, node));
  }
}

TEST(algorithms, the_most_telling_key_of_the_configuration_counts) {
  recipe type;
  auto found = [&](const char* path, const char* kind) {
    std::vector<std::string> parts{path};
    if (auto dot = parts[0].find('.'); dot != std::string::npos)
      parts = {parts[0].substr(0, dot), parts[0].substr(dot + 1)};
    return detail::configured_algorithm(type, parts, kind);
  };
  type.crdt_config = {{"a.*", "part star"}, {"*.b", "star part"}, {"a.*#set", "star kind"}, {"x", "exact"}, {"x#map", "exact kind"}, {"*", "any"}};
  EXPECT_EQ(found("a.b", "string"), "star part");
  EXPECT_EQ(found("a.b", "set"), "star kind");
  EXPECT_EQ(found("a.c", "string"), "part star");
  EXPECT_EQ(found("x", "map"), "exact kind");
  EXPECT_EQ(found("x", "set"), "exact");
  EXPECT_EQ(found("y", "set"), "any");
  EXPECT_EQ(found("c.d", "set"), "");
}

TEST(algorithms, refuses_what_it_does_not_know) {
  recipe type;
  type.crdt_config = {{"a", "TextCrdt"}};
  EXPECT_EQ(detail::algorithm_for(&type, {"a"}, item_kind::string).failure().code, errc::unsupported);
  EXPECT_EQ(*detail::algorithm_for(&type, {"b"}, item_kind::string), detail::algorithm::newest);
  EXPECT_EQ(*detail::algorithm_for(nullptr, {"a"}, item_kind::string), detail::algorithm::newest);
}

TEST(version_nodes, refuses_what_cannot_be_ordered) {
  auto text = write_version_node(edge_to(sha256("data"), 5));
  EXPECT_EQ(*parse_version_node(text, standard_recipes()), edge_to(sha256("data"), 5));
  for (auto bad : {"null", "Infinity"}) {
    auto damaged = text;
    damaged.replace(damaged.find(">5<") + 1, 1, bad);
    EXPECT_FALSE(parse_version_node(damaged, standard_recipes()));
  }
}

} // namespace
} // namespace lama::protocol
