#include "protocol/objects/microdata.hpp"
#include "tests/support/vectors.hpp"
#include "tests/unit/objects/vector_objects.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

/// Each object text that stands anywhere in the vectors, whatever it is there for: it parses, writes back to the same bytes, and has the name that
/// stands beside it. (What CHUM transferred is read by the tests of protocol/chum, with types of its own.)
namespace lama::testing {

using namespace lama::protocol;

namespace {

/// Texts that are wrong on purpose, or no microdata.
const std::set<std::string> left_out{"invalidMicrodata", "lenientMicrodata", "imploded", "typeFromMicrodata"};

struct found_text {
  std::string text;
  std::string name; ///< the hash beside it, or empty
};

/// `microdata` and `hash`, `recipeMicrodata` and `recipeHash`, `nodeMicrodata` and `nodeHash` …
std::string hash_beside(const json& around, std::string key) {
  for (const char* form : {"microdata", "Microdata"})
    if (auto at = key.rfind(form); at != std::string::npos) {
      key.replace(at, std::string::npos, *form == 'm' ? "hash" : "Hash");
      auto found = around.find(key);
      return found != around.end() && found->is_string() ? found->get<std::string>() : "";
    }
  return "";
}

void collect(const json& x, std::vector<found_text>& into) {
  for (const auto& [key, content] : x.items()) {
    if (x.is_object() && (left_out.contains(key) || (key == "microdata" && x.contains("parseError"))))
      continue;
    if (content.is_structured())
      collect(content, into);
    else if (content.is_string() && classify(content.get_ref<const std::string&>()).kind <= content_kind::id_object)
      into.push_back({content.get<std::string>(), x.is_object() ? hash_beside(x, key) : ""});
  }
}

recipe_table recipes_for(const json& vectors, const std::string& file) {
  auto extra = vectors.value("testRecipes", json::array());
  for (const auto& x : vectors.value("recipes", json::array()))
    extra.push_back(x);
  if (file == "objects.json")
    for (const auto& x : vectors.at("implode").at("testRecipes"))
      if (!std::ranges::any_of(extra, [&](const auto& known) { return known.at("name") == x.at("name"); }))
        extra.push_back(x);
  return recipes_with(extra);
}

class vector_texts : public ::testing::TestWithParam<std::pair<const char*, std::size_t>> {};

} // namespace

TEST_P(vector_texts, write_back_to_the_same_bytes_and_have_their_name) {
  auto [file, at_least] = GetParam();
  auto vectors = load_vectors(file);
  auto recipes = recipes_for(vectors, file);
  std::vector<found_text> texts;
  collect(vectors, texts);
  EXPECT_GE(texts.size(), at_least);
  for (const auto& x : texts) {
    SCOPED_TRACE(x.text.substr(0, 200));
    if (!x.name.empty()) {
      EXPECT_EQ(sha256(x.text).hex(), x.name);
    }
    bool is_id = classify(x.text).kind == content_kind::id_object;
    for (auto mode : {parse_mode::strict, parse_mode::lenient}) {
      auto parsed = is_id ? parse_id_object(x.text, recipes, mode) : parse_object(x.text, recipes, mode);
      ASSERT_TRUE(parsed) << parsed.failure().message;
      auto again = is_id ? write_id_object(*parsed, recipes) : write_object(*parsed, recipes);
      ASSERT_TRUE(again) << again.failure().message;
      EXPECT_EQ(*again, x.text);
    }
    EXPECT_TRUE(examine(x.text, recipes));
  }
}

INSTANTIATE_TEST_SUITE_P(of_each_file, vector_texts,
                         ::testing::Values(std::pair{"objects.json", 130u}, std::pair{"recipes.json", 87u}, std::pair{"versions.json", 200u},
                                           std::pair{"versions-fuzz.json", 430u}, std::pair{"instance.json", 20u}, std::pair{"keys.json", 2u},
                                           std::pair{"certificates.json", 20u}, std::pair{"channels.json", 100u}, std::pair{"leute.json", 80u},
                                           std::pair{"iom.json", 40u}, std::pair{"chat.json", 40u}, std::pair{"lama.json", 40u}, std::pair{"pairing.json", 1u}),
                         [](const auto& chosen) {
                           std::string name{chosen.param.first};
                           name.resize(name.find('.'));
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

} // namespace lama::testing
