#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/vector_space.hpp"

#include <gtest/gtest.h>

#include <algorithm>

/// What the stock peer's models wrote (leute.json, iom.json …), version for version: storing the same data at the same times gives the same nodes.
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

class history {
public:
  explicit history(const recipe_table& recipes) : space_{recipes} {
    // nop
  }

  /// All but version nodes, which are to be made here; id objects come along with theirs.
  void keep_objects(const json& listed) {
    for (const auto& x : listed) {
      auto text = x["microdata"].get<std::string>();
      auto content = classify(text);
      if (content.kind == content_kind::object && is_version_node_type(content.type))
        nodes_[hash_of(x["hash"])] = *parse_version_node(text, space_.recipes());
      else
        put(space_, text);
    }
  }

  /// Is all that the node rests on in the file? Some go on from what an earlier, unlisted step wrote.
  bool knows(const hash& node) const {
    auto found = nodes_.find(node);
    return found != nodes_.end() && space_.contains(found->second.data) &&
           std::ranges::all_of(found->second.previous, [this](const auto& x) { return knows(x); });
  }

  /// Makes `node` the head of `id` as the peer came to it.
  void reach(const hash& id, const hash& node) {
    if (space_.head(id) == node)
      return;
    auto found = nodes_.find(node);
    ASSERT_NE(found, nodes_.end());
    const auto& x = found->second;
    ASSERT_NE(x.kind, version_node_kind::merge) << "a merge of its own; chum_merge.json has those";
    for (const auto& previous : x.previous)
      reach(id, previous);
    auto stored = store_version(space_, *space_.read(x.data), static_cast<int64_t>(x.creation_time), store_mode::change, merge_repairs::off);
    ASSERT_TRUE(stored) << stored.failure().message;
    EXPECT_EQ(stored->id, id);
    EXPECT_EQ(stored->head, node) << write_version_node(*load_version_node(space_, stored->head));
    ++made_;
  }

  std::size_t made() const {
    return made_;
  }

private:
  memory_space space_;
  std::map<hash, version_node> nodes_;
  std::size_t made_ = 0;
};

recipe_table recipes_for(const json& vectors) {
  auto recipes = recipes_with(json::array());
  for (const auto& each : vectors["cases"])
    for (const auto& x : each.value("objects", json::array()))
      if (x["type"] == "Recipe" && !recipes.find(parse_object(x["microdata"].get<std::string>(), recipes)->text("name"))) {
        EXPECT_TRUE(recipes.add(x["microdata"].get<std::string>()));
      }
  return recipes;
}

/// Nodes of one id may come in several cases of a file, whose state goes on.
void replay(const char* file, std::size_t nodes, const char* objects = "new_objects", const char* heads = "changed_version_heads") {
  auto vectors = load_vectors(file);
  auto recipes = recipes_for(vectors);
  history past{recipes};
  for (const auto& each : vectors["cases"]) {
    SCOPED_TRACE(each["name"].get<std::string>());
    if (!each.contains(objects) || !each.contains(heads))
      continue;
    past.keep_objects(each[objects]);
    for (const auto& [id, node] : each[heads].items())
      if (past.knows(hash_of(node)))
        past.reach(*hash::from_hex(id), hash_of(node));
  }
  EXPECT_EQ(past.made(), nodes);
}

TEST(version_history, of_the_contact_model) {
  replay("leute.json", 27);
}

TEST(version_history, of_internet_of_me_and_settings) {
  replay("iom.json", 11);
  auto vectors = load_vectors("iom.json");
  EXPECT_EQ(id_hash_of_person("alice@example.com"), hash_of(vectors["alice"]));
  EXPECT_EQ(id_hash_of_person("bob@example.com"), hash_of(vectors["bob"]));
}

TEST(version_history, of_instances) {
  replay("instance.json", 3, "objects", "version_heads");
}

TEST(version_history, of_channels) {
  replay("channels.json", 10);
}

TEST(version_history, of_chats) {
  replay("chat.json", 20);
}

TEST(version_history, of_what_lama_adds) {
  replay("lama.json", 17);
}

} // namespace
} // namespace lama::protocol
