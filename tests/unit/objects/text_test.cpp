#include "protocol/objects/json_text.hpp"
#include "protocol/objects/microdata.hpp"
#include "protocol/objects/pattern.hpp"
#include "protocol/objects/text.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <regex.h>

namespace lama::testing {

using namespace lama::protocol;

TEST(number_text, is_that_of_javascript) {
  const std::pair<double, const char*> pairs[] = {{0, "0"},
                                                  {-0.0, "0"},
                                                  {-1, "-1"},
                                                  {0.1, "0.1"},
                                                  {-0.5, "-0.5"},
                                                  {100, "100"},
                                                  {123.456, "123.456"},
                                                  {1e20, "100000000000000000000"},
                                                  {1e21, "1e+21"},
                                                  {-1.5e21, "-1.5e+21"},
                                                  {1e-6, "0.000001"},
                                                  {1e-7, "1e-7"},
                                                  {1.25e-7, "1.25e-7"},
                                                  {5e-324, "5e-324"},
                                                  {1.7976931348623157e308, "1.7976931348623157e+308"},
                                                  {9007199254740993.0, "9007199254740992"},
                                                  {123456789012345680000.0, "123456789012345680000"},
                                                  {4294967296.5, "4294967296.5"}};
  for (auto [x, text] : pairs) {
    EXPECT_EQ(number_text(x), text);
    double back = 1;
    EXPECT_TRUE(read_canonical_number(text, back));
    EXPECT_EQ(back, x);
  }
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "null");
}

TEST(number_text, comes_back_for_any_number) {
  std::mt19937_64 random{3};
  for (int i = 0; i < 20000; ++i) {
    auto bits = random();
    double x;
    std::memcpy(&x, &bits, sizeof x);
    if (!std::isfinite(x))
      continue;
    double back = 0;
    ASSERT_TRUE(read_canonical_number(number_text(x), back)) << x;
    ASSERT_EQ(back, x);
    ASSERT_EQ(script_number(number_text(x)), x);
  }
}

TEST(numbers, are_canonical_in_one_form_only) {
  double x = 0;
  for (const char* text :
       {"", " 1", "1 ", "01", "1.0", ".5", "-0", "+1", "1e3", "1e21", "0x10", "Infinity", "NaN", "inf", "nan", "1e+400", "12345678901234567890"})
    EXPECT_FALSE(read_canonical_number(text, x)) << text;
}

TEST(numbers, are_read_as_javascript_does) {
  EXPECT_EQ(script_number(""), 0);
  EXPECT_EQ(script_number(" \t\n\xEF\xBB\xBF\xC2\xA0\xE2\x80\xA8 "), 0);
  EXPECT_EQ(script_number("\xE3\x80\x80 0x1F\n"), 31);
  EXPECT_EQ(script_number("0b101"), 5);
  EXPECT_EQ(script_number("0o17"), 15);
  EXPECT_EQ(script_number("+.5e1"), 5);
  EXPECT_EQ(script_number("5."), 5);
  EXPECT_EQ(script_number("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(script_number("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(script_number("1e-999"), 0);
  for (const char* garbage : {"abc", "1 2", "0x", "0xg", "-0x10", ".", "e5", "1e", "infinity", "1_000", "null"})
    EXPECT_TRUE(std::isnan(script_number(garbage))) << garbage;
}

TEST(compare_text, is_by_utf16_code_units) {
  // In ascending order; U+1F600 is a pair of surrogates and comes before U+E000 (docs/protocol/01).
  const char* texts[] = {"",
                         "\x01",
                         "A",
                         "a",
                         "a\x01",
                         "ab",
                         "\xC3\xA9",
                         "\xED\x95\x9C",
                         "\xED\xA0\xBC",
                         "\xF0\x9F\x98\x80",
                         "\xF0\x9F\x98\x80z",
                         "\xF0\x9F\x98\x81",
                         "\xED\xB0\x80",
                         "\xEE\x80\x80",
                         "\xEF\xBD\x9E",
                         "\xEF\xBF\xBF"};
  for (const auto* a : texts)
    for (const auto* b : texts)
      EXPECT_EQ(compare_text(a, b), std::find(texts, std::end(texts), a) == std::find(texts, std::end(texts), b)  ? 0
                                    : std::find(texts, std::end(texts), a) < std::find(texts, std::end(texts), b) ? -1
                                                                                                                  : 1)
          << to_hex(a) << " " << to_hex(b);
}

TEST(json_text, reads_what_javascript_reads) {
  for (const char* good : {"1", " [ 1 , 2 ] ", "{\"a\":{}}", "\"\\u0041\\ud83d\\ude00\\ud83d\"", "-0.5e-3", "[]", "true", "null", "\"\x7F\""})
    EXPECT_TRUE(parse_json(good)) << good;
  for (const char* bad : {"", "01", "1.", ".5", "+1", "[1,]", "{a:1}", "{\"a\" 1}", "\"\n\"", "\"\\x41\"", "\"\\u00g0\"", "tru", "nulll", "[1 2]", "\"",
                          "{\"a\":1,}", "NaN", "'a'", "\"\\ud8\""})
    EXPECT_FALSE(parse_json(bad)) << bad;
  EXPECT_EQ(*sorted_json(*parse_json("{\"b\" : [1.0, -0, 1e2], \"a\":\"\\/\\u00e9\\ud800\\u001f\"}")), "{\"a\":\"/\xC3\xA9\\ud800\\u001f\",\"b\":[1,0,100]}");
}

TEST(json_text, refuses_keys_that_the_peer_cannot_read_back) {
  for (const char* key : {"a\"b", "a\\b", "a\nb", "\xED\xA0\x80", "\xFF"})
    EXPECT_FALSE(sorted_json(json{{key, 1}})) << to_hex(key);
  EXPECT_FALSE(sorted_json(json("\xFF")));
}

TEST(text_pattern, matches_as_an_ordinary_engine_does) {
  // What POSIX and JavaScript read alike; the C library is the engine to compare with.
  const char* patterns[] = {"^[0-9a-f]{4}$",
                            "^([0-9a-fA-F]{2})*$",
                            "^abc$",
                            "^one.leute$",
                            "draft|active|x",
                            "^(undefined|[0-9a-f]{4})$",
                            "-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$",
                            "(a|b)*c",
                            "^(a*)*$",
                            "a{2,3}b?",
                            "^a{2,}$",
                            "x|^y$|z",
                            "[^a-c]$",
                            "^(^now$)|e$",
                            "^[-a]$",
                            "^[a-]$",
                            "^(a|ab)(c|bcd)*(x?){2}$"};
  std::minstd_rand random{5};
  const std::string letters = "abc0129ef.-xyzu \n]{now";
  std::size_t matches = 0;
  for (const auto* source : patterns) {
    auto compiled = text_pattern::compile(source);
    ASSERT_TRUE(compiled) << source << compiled.failure().message;
    regex_t reference;
    ASSERT_EQ(regcomp(&reference, source, REG_EXTENDED | REG_NOSUB), 0) << source;
    for (int i = 0; i < 5000; ++i) {
      std::string text;
      for (auto length = random() % 7; length > 0; --length)
        text += letters[random() % letters.size()];
      bool expected = regexec(&reference, text.c_str(), 0, nullptr, 0) == 0;
      ASSERT_EQ((*compiled)->found_in(text), expected) << source << " on " << text;
      matches += expected;
    }
    regfree(&reference);
  }
  EXPECT_GT(matches, 5000u);
}

TEST(text_pattern, knows_what_posix_does_not) {
  struct expectation {
    const char* source;
    std::vector<const char*> found;
    std::vector<const char*> missing;
  };
  for (const auto& [source, found, missing] : std::initializer_list<expectation>{
           {"^(?:ab)+$", {"ab", "abab"}, {"", "a", "aba"}},
           {"^a??b$", {"b", "ab"}, {"aab", ""}},
           {"\\d+\\w\\W", {"1a-", "x12_ "}, {"1-", "a-", "12"}},
           {"^\\s*(\\S|\\s)*$", {"", " ", "a b\n"}, {}},
           {"\\s*(\\S|\\s)*", {"", "x"}, {}},
           {"a{x", {"xa{xx"}, {"ax"}},
           {"^[\\]\\d]$", {"]", "7"}, {"a", "\\"}},
           {"^[^]$", {"a", "\n"}, {""}},
           {"^()$", {""}, {"a"}},
           {"^\\x41\\u00e9\\/$", {"A\xC3\xA9/"}, {"A\xC3\xA9"}},
           {"a||b", {""}, {}},
       }) {
    auto compiled = text_pattern::compile(source);
    ASSERT_TRUE(compiled) << compiled.failure().message;
    for (const auto* text : found)
      EXPECT_TRUE((*compiled)->found_in(text)) << source << " on " << text;
    for (const auto* text : missing)
      EXPECT_FALSE((*compiled)->found_in(text)) << source << " on " << text;
  }
}

TEST(text_pattern, takes_the_end_for_the_end) {
  EXPECT_FALSE((*text_pattern::compile("^a$"))->found_in("a\n"));
  EXPECT_FALSE((*text_pattern::compile("^[a]{1}$"))->found_in("a\n"));
  EXPECT_FALSE((*text_pattern::compile("^(a|b)$"))->found_in("a\nb"));
  EXPECT_TRUE((*text_pattern::compile("^.$"))->found_in("\xC3\xA9"));
  EXPECT_FALSE((*text_pattern::compile("^.$"))->found_in("\xF0\x9F\x98\x80")); // two units
  EXPECT_FALSE((*text_pattern::compile("^.$"))->found_in("\xE2\x80\xA8"));     // a line end
  EXPECT_TRUE((*text_pattern::compile("^[^\\u00e8]\\u00e9$"))->found_in("\xC3\xA9\xC3\xA9"));
}

TEST(text_pattern, knows_blanks_as_javascript_does) {
  auto blank = *text_pattern::compile("^\\s$");
  auto other = *text_pattern::compile("^\\S$");
  for (uint32_t unit = 0; unit < 0xD800; ++unit) {
    std::string text;
    if (unit < 0x80)
      text = {static_cast<char>(unit)};
    else if (unit < 0x800)
      text = {static_cast<char>(0xC0 | unit >> 6), static_cast<char>(0x80 | (unit & 0x3F))};
    else
      text = {static_cast<char>(0xE0 | unit >> 12), static_cast<char>(0x80 | (unit >> 6 & 0x3F)), static_cast<char>(0x80 | (unit & 0x3F))};
    ASSERT_EQ(blank->found_in(text), is_script_space(static_cast<uint16_t>(unit))) << unit;
    ASSERT_NE(blank->found_in(text), other->found_in(text)) << unit;
  }
}

TEST(text_pattern, refuses_what_it_cannot_do) {
  for (const char* bad : {"(", ")", "[", "a**", "*", "a{3,2}", "[b-a]", "\\"})
    EXPECT_EQ(text_pattern::compile(bad).failure().code, errc::bad_input) << bad;
  for (const char* beyond : {"(?=a)", "(?!a)", "(?<n>a)", "\\b", "\\1", "\\p"})
    EXPECT_EQ(text_pattern::compile(beyond).failure().code, errc::unsupported) << beyond;
  EXPECT_EQ(text_pattern::compile("((a{1000}){1000}){1000}").failure().code, errc::too_large);
  EXPECT_EQ(text_pattern::compile(std::string(5000, '(')).failure().code, errc::too_large);
}

TEST(text_pattern, takes_linear_time_on_hostile_texts) {
  auto start = std::chrono::steady_clock::now();
  for (const char* source : {"^(a|a)*b$", "(a*)*b", "\\s*(\\S|\\s)*c$", "^(a?){30}a{30}$"})
    EXPECT_FALSE((*text_pattern::compile(source))->found_in(std::string(200'000, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{20});           // seconds without optimisation; a backtracking engine never ends
  EXPECT_FALSE((*text_pattern::compile("a"))->found_in(std::string((1u << 20) + 1, 'a'))); // over the limit
}

} // namespace lama::testing
