#include "protocol/objects/json_text.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/objects/text.hpp"

#include <gtest/gtest.h>

#include <random>

/// The check without a tree says what reading and writing again would say.
namespace lama::testing {

using namespace lama::protocol;

namespace {

bool writes_back(const std::string& text) {
  auto parsed = parse_json(text);
  auto again = parsed ? sorted_json(*parsed) : result<std::string>{fail(errc::bad_input, "")};
  return again && *again == text;
}

} // namespace

TEST(sorted_json_check, says_what_writing_again_says) {
  for (const char* text : {"",
                           "null",
                           "true",
                           "false",
                           "nul",
                           "0",
                           "-0",
                           "-1",
                           "+1",
                           "01",
                           "1.0",
                           "0.5",
                           ".5",
                           "1e21",
                           "1e+21",
                           "1e400",
                           "5e-324",
                           "inf",
                           "nan",
                           "\"\"",
                           "\"a",
                           "[]",
                           "[",
                           "[1,2]",
                           "[1,]",
                           "[1 ,2]",
                           " 1",
                           "1 ",
                           "{}",
                           "{\"a\":1}",
                           "{\"a\":1,\"b\":2}",
                           "{\"b\":1,\"a\":2}",
                           "{\"a\":1,\"a\":1}",
                           "{\"a\" :1}",
                           "{a:1}",
                           "{\"\":{}}",
                           "{\"a\\n\":1}",
                           "\"\\n\"",
                           "\"\\u000a\"",
                           "\"\\u0000\"",
                           "\"\\u000B\"",
                           "\"\\u000b\"",
                           "\"\\u001f\"",
                           "\"\\u0020\"",
                           "\"\\/\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\uD800\"",
                           "\"\\ud83d\\ude00\"",
                           "\"\\ude00\\ud83d\"",
                           "\"\\ud800\\ud800\\udc00\"",
                           "\"\\ud800x\\udc00\"",
                           "\"\xF0\x9F\x98\x80\"",
                           "\"\t\"",
                           "{\"\xF0\x9F\x98\x80\":1,\"\xEE\x80\x80\":2}",
                           "{\"\xEE\x80\x80\":1,\"\xF0\x9F\x98\x80\":2}",
                           "\"\\u12\"",
                           "\"\\",
                           "{\"a\":1,}",
                           "[[[]]]",
                           "[{\"a\":[null]}]"})
    EXPECT_EQ(is_sorted_json(text), writes_back(text)) << text;
}

TEST(sorted_json_check, agrees_on_random_texts) {
  std::minstd_rand random{11};
  const std::vector<std::string> pieces{"{",       "}",       "[",       "]",        ",",    ":",    "\"",    "\"a\"", "\"b\"",
                                        "1",       "0",       "-",       ".",        "e+21", "null", "true",  "\\",    "\\n",
                                        "\\u0001", "\\ud800", "\\udc00", "a",        "b",    " ",    "{}",    "[]",    "1.5",
                                        "\"",      "{\"a\":", "\"b\":",  "\xC3\xA4", "[1,",  ",2]",  "[1,2]", "\"\"",  "{\"a\":1,\"b\":[]}"};
  std::size_t accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    for (auto count = 1 + random() % 6; count > 0; --count)
      text += pieces[random() % pieces.size()];
    auto expected = writes_back(text);
    ASSERT_EQ(is_sorted_json(text), expected) << text;
    accepted += expected;
  }
  EXPECT_GT(accepted, 3000u);
}

TEST(sorted_json_check, ends_at_the_same_depth) {
  for (std::size_t levels : {10u, 63u, 64u, 65u, 66u, 100'000u}) {
    auto text = std::string(levels, '[') + std::string(levels, ']');
    EXPECT_EQ(is_sorted_json(text), static_cast<bool>(parse_json(text))) << levels;
  }
}

} // namespace lama::testing
