#include "protocol/ipc/json_schema.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace lama::protocol::ipc {
namespace {

using nlohmann::json;

json_schema compiled(const json& document) {
  auto made = json_schema::compile(document);
  if (!made)
    throw std::runtime_error{made.failure().message};
  return std::move(*made);
}

std::string path_of(const json& schema, const json& document) {
  auto broken = compiled(schema).check(document);
  return broken ? broken->path : "fits";
}

/// Cases of the public suite that we answer otherwise on purpose, by file and description of the group.
const std::map<std::string, std::set<std::string>> different{
    {"type", {"integer type matches integers"}}, // 1.0 is no integer here: our numbers are integers when they are written as such
    {"enum", {"enum with false does not match 0", "enum with true does not match 1", "enum with 0 does not match false", "enum with 1 does not match true"}},
    // Names with a NUL, and references to what is not in the document: the schema has none.
    {"ref",
     {"remote ref, containing refs itself", "Recursive references between schemas", "refs with relative uris and defs",
      "relative refs with absolute uris and defs", "Location-independent identifier", "Location-independent identifier with absolute URI",
      "Location-independent identifier with base URI change in subschema", "$ref prevents a sibling $id from changing the base uri", "refs with quote",
      "escaped pointer ref", "ref overrides any sibling keywords", "property named $ref, containing an actual $ref",
      "$id must be resolved against nearest parent, not just immediate parent"}},
};

class public_suite : public ::testing::TestWithParam<const char*> {};

TEST_P(public_suite, agrees) {
  std::string keyword = GetParam();
  std::filesystem::path file{"/usr/share/json-schema-test-suite/tests/draft7/" + keyword + ".json"};
  ASSERT_TRUE(std::filesystem::exists(file)) << "Debian's json-schema-test-suite is not installed";
  std::ifstream in{file};
  std::size_t cases = 0;
  for (const auto& group : json::parse(in)) {
    auto name = group["description"].get<std::string>();
    auto skipped = different.find(keyword);
    if (skipped != different.end() && skipped->second.contains(name))
      continue;
    auto schema = json_schema::compile(group["schema"]);
    ASSERT_TRUE(schema) << name << ": " << schema.failure().message;
    for (const auto& one : group["tests"]) {
      EXPECT_EQ(!schema->check(one["data"]), one["valid"].get<bool>()) << name << ": " << one["description"];
      ++cases;
    }
  }
  EXPECT_GT(cases, 3u);
}

INSTANTIATE_TEST_SUITE_P(keywords, public_suite,
                         ::testing::Values("type", "enum", "properties", "required", "additionalProperties", "items", "maxItems", "maxLength", "minLength",
                                           "minimum", "maximum", "maxProperties", "anyOf", "ref"));

TEST(json_schema, says_where_and_why) {
  json schema{{"type", "object"},
              {"properties", {{"name", {{"type", "string"}, {"maxLength", 3}}}, {"list", {{"type", "array"}, {"items", {{"type", "integer"}}}}}}},
              {"required", {"name"}},
              {"additionalProperties", false}};
  EXPECT_EQ(path_of(schema, {{"name", "abc"}}), "fits");
  EXPECT_EQ(path_of(schema, {{"name", "abcd"}}), "/name");
  EXPECT_EQ(path_of(schema, {{"name", "a"}, {"list", {1, "x"}}}), "/list/1");
  EXPECT_EQ(path_of(schema, json::object()), "/name") << "what is missing is named";
  EXPECT_EQ(path_of(schema, {{"name", "a"}, {"nmae", 1}}), "");
  EXPECT_EQ(path_of(schema, 7), "");
}

TEST(json_schema, runs_patterns_in_linear_time_and_small_stack) {
  auto hex = compiled({{"type", "string"}, {"pattern", "^[0-9a-f]{64}$"}});
  EXPECT_FALSE(hex.check(std::string(64, 'a')));
  EXPECT_TRUE(hex.check(std::string(8u << 20, 'a'))) << "std::regex recurses once a character";
  EXPECT_FALSE(json_schema::compile({{"pattern", "(["}})) << "what is no pattern is no schema";
}

TEST(json_schema, counts_characters_beyond_a_nul) {
  auto three = compiled({{"type", "string"}, {"maxLength", 3}, {"minLength", 2}});
  EXPECT_TRUE(three.check(std::string{"a\0bcdef", 7}));
  EXPECT_FALSE(three.check(std::string{"\0\0", 2}));
  EXPECT_FALSE(three.check("\xc3\xa4\xc3\xb6\xc3\xbc")) << "characters, not bytes";
  EXPECT_TRUE(three.check("\xc3\xa4"));
}

TEST(json_schema, does_not_explain_what_is_huge) {
  auto numbers = compiled({{"type", "array"}, {"items", {{"type", "integer"}}}});
  auto wrong = json::array();
  for (int i = 0; i < 200'000; ++i)
    wrong.push_back("x");
  auto broken = numbers.check(wrong);
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->path, "");
}

TEST(json_schema, writes_paths_as_pointers) {
  json schema{{"additionalProperties", {{"type", "integer"}}}};
  EXPECT_EQ(path_of(schema, {{"a/b~c", "x"}}), "/a~1b~0c");
}

} // namespace
} // namespace lama::protocol::ipc
