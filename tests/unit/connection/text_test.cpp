#include "protocol/connection/text.hpp"

#include <gtest/gtest.h>

using namespace lama::protocol;

namespace {

const std::string replacement = "\xEF\xBF\xBD";
const std::string fox = "\xF0\x9F\xA6\x8A";
const std::string high_half = "\xED\xA0\xBE"; // of the fox

TEST(ConnectionText, DecodesAsTheStockPeer) {
  EXPECT_EQ(decode_text("gr\xC3\xBC\xC3\x9F" + fox), "gr\xC3\xBC\xC3\x9F" + fox);
  EXPECT_EQ(decode_text("\xEF\xBB\xBFx\xEF\xBB\xBF"), "x\xEF\xBB\xBF");
  EXPECT_EQ(decode_text("a\xFF"
                        "b"),
            "a" + replacement + "b");
  EXPECT_EQ(decode_text("\xF0\x9F\xA6"), replacement);                                               // cut short: one for all of it
  EXPECT_EQ(decode_text("\xED\xA0\x80"), replacement + replacement + replacement);                   // a surrogate
  EXPECT_EQ(decode_text("\xC0\x80"), replacement + replacement);                                     // overlong
  EXPECT_EQ(decode_text("\xF4\x90\x80\x80"), replacement + replacement + replacement + replacement); // beyond U+10FFFF
  EXPECT_EQ(decode_text("\xE2\x82"
                        "a"),
            replacement + "a");
}

TEST(ConnectionText, FindsWhatIsInvalidAtAnyPlace) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string before(at, 'a');
    std::string after(39 - at, 'b');
    EXPECT_EQ(decode_text(before + "\xFF" + after), before + replacement + after);
    EXPECT_EQ(decode_text(before + fox + after), before + fox + after);
  }
}

TEST(ConnectionText, CountsCodeUnits) {
  EXPECT_EQ(utf16_length(""), 0u);
  EXPECT_EQ(utf16_length("a\xC3\xBC\xE2\x82\xAC" + fox), 5u);
  EXPECT_EQ(utf16_length(high_half), 1u);
}

TEST(ConnectionText, DropsOneCodeUnit) {
  auto dropped = [](std::string text) {
    drop_last_unit(text);
    return text;
  };
  EXPECT_EQ(dropped(""), "");
  EXPECT_EQ(dropped("ab"), "a");
  EXPECT_EQ(dropped("a\xE2\x82\xAC"), "a");
  EXPECT_EQ(dropped("a" + fox), "a" + high_half);
  EXPECT_EQ(dropped("a" + high_half), "a");
}

TEST(ConnectionText, ReplacesLoneSurrogates) {
  auto text = "x" + high_half + "\xED\x95\x9C" + high_half; // a Korean syllable begins with the same byte
  replace_surrogates(text);
  EXPECT_EQ(text, "x" + replacement + "\xED\x95\x9C" + replacement);
}

TEST(ConnectionText, CutsCloseReasons) {
  EXPECT_EQ(close_text("Close called", ""), "Close called.");
  EXPECT_EQ(close_text("Close called", "Error: no"), "Close called: Error: no");
  EXPECT_EQ(close_text("Close called", std::string(500, 'x')).size(), 123u);
  std::string foxes;
  for (int i = 0; i < 50; ++i)
    foxes += fox;
  // 14 + 27 * 4 = 122 bytes fit; of the next one only half of the pair is left, which takes three.
  EXPECT_EQ(close_text("Close called", foxes), "Close called: " + foxes.substr(0, 108));
  EXPECT_EQ(close_text("Close called", "xx" + foxes).size(), 14 + 2 + 26 * 4 + 3u);
}

} // namespace
