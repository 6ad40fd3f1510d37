#include "protocol/versions/versions.hpp"
#include "tests/unit/versions/vector_space.hpp"

#include <gtest/gtest.h>

#include <map>

/// versions.json and versions-fuzz.json, with the stock peer's failures.
namespace lama::protocol {
namespace {

using namespace lama::testing;
using nlohmann::json;

result<stored_version> run_step(object_space& space, const json& step) {
  auto text = text_of(step["object"], space.recipes());
  EXPECT_EQ(sha256(text).hex(), step["objectHash"].get<std::string>());
  auto op = step["op"].get<std::string>();
  if (op == "import") {
    auto data = put(space, text);
    return import_version(space, put_edge(space, data, step["creationTime"].get<double>()), merge_repairs::off);
  }
  static const std::map<std::string, store_mode> modes{
      {"change", store_mode::change}, {"merge", store_mode::merge}, {"no-version-map", store_mode::no_version}};
  return store_version(space, text, step["time"].get<int64_t>(), modes.at(op), merge_repairs::off);
}

void expect_head(const object_source& space, const hash& id, const json& expected) {
  auto head = space.head(id);
  if (expected.is_null()) {
    EXPECT_FALSE(head);
    return;
  }
  ASSERT_TRUE(head);
  EXPECT_EQ(space.read(*head), expected["nodeMicrodata"].get<std::string>());
  EXPECT_EQ(head->hex(), expected["nodeHash"].get<std::string>());
  auto data = current_data(space, id);
  ASSERT_TRUE(data);
  EXPECT_EQ(space.read(*data), expected["dataMicrodata"].get<std::string>());
  EXPECT_TRUE(space.in_history(id, *head));
}

void run_case(const json& vector, const recipe_table& recipes) {
  SCOPED_TRACE(vector["name"].get<std::string>());
  memory_space space{recipes};
  for (auto& before : vector["prerequisites"])
    EXPECT_EQ(put(space, text_of(before["object"], recipes)).hex(), before["hash"].get<std::string>());
  auto id = hash_of(vector["idHash"]);
  int number = 0;
  for (auto& step : vector["steps"]) {
    SCOPED_TRACE("step " + std::to_string(number++));
    auto head_before = space.head(id);
    auto stored = run_step(space, step);
    EXPECT_EQ(static_cast<bool>(stored), !step.contains("error")) << (stored ? "" : stored.failure().message);
    if (stored) {
      EXPECT_EQ(stored->id, id);
    } else if (step.value("error", "") == "O2M-RTYC1") {
      EXPECT_EQ(stored.failure().detail, "O2M-RTYC1");
    }
    EXPECT_EQ(space.head(id) != head_before, step.value("headChanged", false));
    expect_head(space, id, step["head"]);
    std::vector<std::string> listed;
    for (auto& node : listed_version_nodes(space, id))
      listed.push_back(node.hex());
    EXPECT_EQ(listed, step.value("listedVersionNodes", std::vector<std::string>{}));
  }
}

void run_file(const std::string& name, std::size_t cases) {
  auto vectors = load_vectors(name);
  auto recipes = recipes_with(vectors["testRecipes"]);
  EXPECT_EQ(vectors["cases"].size(), cases);
  for (auto& vector : vectors["cases"])
    run_case(vector, recipes);
}

TEST(version_vectors, sequences) {
  run_file("versions.json", 34);
}

TEST(version_vectors, random_sequences) {
  run_file("versions-fuzz.json", 53);
}

} // namespace
} // namespace lama::protocol
