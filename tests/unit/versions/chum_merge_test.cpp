#include "protocol/versions/version_node.hpp"
#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/vector_space.hpp"

#include <gtest/gtest.h>

/// chum_merge.json: a received version meets the local one.
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

/// Stores the local versions through `store_version`, which must come to the recorded nodes.
void store_local(object_space& space, const json& local) {
  auto node = parse_version_node(local["microdata"].get<std::string>(), space.recipes());
  ASSERT_TRUE(node);
  auto stored = store_version(space, local["data"].get<std::string>(), static_cast<int64_t>(node->creation_time));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->head.hex(), local["hash"].get<std::string>());
}

void expect_merged(const json& vector, const recipe_table& recipes, const json& referenced, merge_repairs repairs) {
  SCOPED_TRACE(vector["name"].get<std::string>());
  memory_space space{recipes};
  for (auto& [name, text] : referenced.items())
    EXPECT_EQ(put(space, text.get<std::string>()).hex(), name);
  for (auto& local : vector["localHeads"])
    store_local(space, local);
  auto data = put(space, vector["remote"]["data"].get<std::string>());
  auto stored = import_version(space, put_edge(space, data, vector["remote"]["creationTime"].get<double>()), repairs);
  ASSERT_TRUE(stored) << stored.failure().message;
  EXPECT_EQ(stored->id, hash_of(vector["idHash"]));
  EXPECT_EQ(space.head(stored->id), stored->head);
  EXPECT_EQ(space.read(stored->head), vector["result"]["headMicrodata"].get<std::string>());
  EXPECT_EQ(space.read(stored->data), vector["result"]["data"].get<std::string>());
}

TEST(chum_merge, received_versions) {
  auto vectors = load_vectors("chum_merge.json");
  auto recipes = recipes_with(load_vectors("chum_sessions.json")["recipes"]);
  EXPECT_EQ(vectors["cases"].size(), 22u);
  for (auto& vector : vectors["cases"])
    for (auto repairs : {merge_repairs::off, merge_repairs::on})
      expect_merged(vector, recipes, vectors["referencedObjects"], repairs);
}

} // namespace
} // namespace lama::protocol
