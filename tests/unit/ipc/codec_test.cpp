#include "protocol/ipc/codec.hpp"
#include "protocol/ipc/envelope.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lama::protocol::ipc {
namespace {

enum class colour : uint8_t { red, green, blue };
bool is_valid(colour c) {
  return c <= colour::blue;
}

/// As CAF's type_name: an argument of f(…) that is no field, and not empty either.
struct note {
  const char* text;
};
/// As an empty annotation.
struct marker {};

} // namespace

template <>
struct is_annotation<note> : std::true_type {};

namespace {

struct inner {
  std::string name;
  std::optional<int32_t> rank;

  friend bool operator==(const inner&, const inner&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, inner& x) {
  return f(note{"inner"}, x.name, x.rank);
}

struct everything {
  uint64_t big = 0;
  int64_t signed_big = 0;
  uint16_t small = 0;
  int8_t byte = 0;
  bool flag = false;
  double ratio = 0;
  colour tint = colour::red;
  std::string text;
  std::vector<inner> list;
  std::map<std::string, uint32_t> table;
  hash name;
  std::pair<bool, std::string> both;
  std::optional<inner> maybe;
  std::array<uint8_t, 4> fixed{};
  std::vector<std::vector<std::string>> nested;
  uint32_t added_later = 77; // a field that an older peer does not send

  friend bool operator==(const everything&, const everything&) = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, everything& x) {
  return f(note{"everything"}, x.big, x.signed_big, x.small, x.byte, x.flag, marker{}, x.ratio, x.tint, x.text, x.list, x.table, x.name, x.both, x.maybe,
           x.fixed, x.nested, x.added_later);
}

struct strict {
  static constexpr std::size_t required_fields = 2;
  uint32_t first = 0;
  std::string second;
  std::string third = "default";
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, strict& x) {
  return f(x.first, x.second, x.third);
}

struct nothing {};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, nothing&) {
  return f(note{"nothing"});
}
struct many_nothings {
  std::vector<nothing> list;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, many_nothings& x) {
  return f(x.list);
}
struct texts {
  std::vector<std::string> list;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, texts& x) {
  return f(x.list);
}
template <class T>
struct holder {
  T x{};
};
template <class Inspector, class T>
typename Inspector::result_type inspect(Inspector& f, holder<T>& h) {
  return f(h.x);
}

everything example() {
  everything x;
  x.big = ~uint64_t{0};
  x.signed_big = std::numeric_limits<int64_t>::min();
  x.small = 300;
  x.byte = -3;
  x.flag = true;
  x.ratio = -0.1;
  x.tint = colour::blue;
  x.text = std::string{"with \0 in it", 12};
  x.list = {{"one", 1}, {"two", std::nullopt}, {"three", -3}};
  x.table = {{"a", 1}, {"b", 200}};
  x.name = sha256("x");
  x.both = {true, "pair"};
  x.maybe = inner{"there", 5};
  x.fixed = {1, 2, 3, 255};
  x.nested = {{}, {"p", "q"}};
  x.added_later = 5;
  return x;
}

TEST(codec, every_kind_of_field_comes_back) {
  auto bytes = encode(example());
  auto back = decode<everything>(bytes);
  ASSERT_TRUE(back) << back.failure().message;
  EXPECT_EQ(*back, example());
}

TEST(codec, the_bytes_of_a_small_struct_are_as_documented) {
  EXPECT_EQ(to_hex(encode(inner{"ab", -2})), "026162"
                                             "01"
                                             "03");
  EXPECT_EQ(to_hex(encode(inner{"", 300})), "00"
                                            "01"
                                            "d804");
  EXPECT_EQ(to_hex(encode(inner{"x", std::nullopt})), "0178"
                                                      "00");
}

TEST(codec, a_shorter_message_leaves_later_fields_at_their_defaults) {
  auto x = example();
  auto bytes = encode(x, 15); // all but the last
  std::size_t fields = 0;
  auto back = decode<everything>(bytes, {}, &fields);
  ASSERT_TRUE(back);
  EXPECT_EQ(fields, 15u);
  EXPECT_EQ(back->added_later, 77u);
  x.added_later = 77;
  EXPECT_EQ(*back, x);
}

TEST(codec, required_fields_must_be_there) {
  strict x{1, "two", "three"};
  EXPECT_FALSE(decode<strict>(encode(x, 1)));
  auto back = decode<strict>(encode(x, 2));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->third, "default");
}

TEST(codec, bytes_after_the_end_are_refused) {
  auto bytes = encode(example()) + '\0';
  auto back = decode<everything>(bytes);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.failure().code, errc::bad_input);
  EXPECT_NE(back.failure().message.find("bytes after its end"), std::string::npos);
}

template <class T>
bool accepts(std::string_view bytes) {
  return static_cast<bool>(decode<holder<T>>(bytes));
}

TEST(codec, only_the_one_form_of_a_value_is_accepted) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(accepts<bool>("\1"sv));
  EXPECT_FALSE(accepts<bool>("\2"sv));
  EXPECT_TRUE(accepts<colour>("\2"sv));
  EXPECT_FALSE(accepts<colour>("\3"sv));
  EXPECT_TRUE(accepts<uint32_t>("\x7f"sv));
  EXPECT_FALSE(accepts<uint32_t>("\xff\0"sv)); // 127 in two bytes
  EXPECT_FALSE(accepts<uint32_t>("\x80"sv));
  EXPECT_TRUE(accepts<uint32_t>("\xff\xff\xff\xff\x0f"sv));
  EXPECT_FALSE(accepts<uint32_t>("\xff\xff\xff\xff\x1f"sv)); // over 32 bits
  EXPECT_TRUE(accepts<uint64_t>("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv));
  EXPECT_FALSE(accepts<uint64_t>("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv));
  EXPECT_FALSE(accepts<uint64_t>("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\0"sv));
  EXPECT_TRUE(accepts<int16_t>("\xff\xff\x03"sv));
  EXPECT_FALSE(accepts<int16_t>("\x80\x80\x04"sv)); // 32768
  EXPECT_TRUE(accepts<errc>("\1"sv));
  EXPECT_FALSE(accepts<errc>("\x14"sv));
  using table = std::map<uint8_t, uint8_t>;
  EXPECT_TRUE(accepts<table>("\2\1\1\2\2"sv));
  EXPECT_FALSE(accepts<table>("\2\2\2\1\1"sv)); // descending
  EXPECT_FALSE(accepts<table>("\2\1\1\1\2"sv)); // twice
  EXPECT_FALSE(accepts<hash>(std::string(31, 'h')));
}

TEST(codec, a_hostile_count_costs_nothing) {
  std::string bytes = "\xff\xff\xff\xff\x0f";
  EXPECT_FALSE(decode<many_nothings>(bytes));
  EXPECT_FALSE(decode<texts>(bytes));
  bytes = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"; // 2^64 - 1, as a count and as a length
  EXPECT_FALSE(decode<texts>(bytes));
  EXPECT_FALSE(decode<texts>("\1" + bytes));
}

TEST(codec, items_and_memory_are_bounded_together_over_all_lists) {
  std::string empties{"\xe8\x07"}; // 1000 empty strings
  empties.append(1000, '\0');
  EXPECT_TRUE(decode<texts>(empties, {1000, 1u << 20}));
  EXPECT_FALSE(decode<texts>(empties, {999, 1u << 20}));
  EXPECT_FALSE(decode<texts>(empties, {1000, 1000 * sizeof(std::string) - 1}));
  EXPECT_FALSE(decode<holder<std::string>>(encode(holder<std::string>{std::string(100, 'x')}), {10, 99}));
  holder<std::vector<std::vector<uint8_t>>> nested{{std::vector<uint8_t>(6), std::vector<uint8_t>(6)}};
  EXPECT_TRUE(decode<decltype(nested)>(encode(nested), {14, 1000}));
  EXPECT_FALSE(decode<decltype(nested)>(encode(nested), {13, 1000}));
}

/// What is accepted is the one encoding of what it says: else two nodes could disagree about what was said.
TEST(codec, damaged_messages_are_refused_or_are_other_messages) {
  std::mt19937_64 random{20250101};
  auto draw = [&random](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const std::vector<std::string> seeds{encode(example()), encode(everything{}), encode(example(), 9)};
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 200'000; ++round) {
    auto bytes = seeds[draw(seeds.size())];
    for (auto changes = 1 + draw(3); changes > 0; --changes) {
      switch (draw(4)) {
      case 0:
        bytes[draw(bytes.size())] = static_cast<char>(random());
        break;
      case 1:
        bytes[draw(bytes.size())] ^= static_cast<char>(1u << draw(8));
        break;
      case 2:
        bytes.insert(draw(bytes.size() + 1), 1, static_cast<char>(random()));
        break;
      default:
        bytes.erase(draw(bytes.size()), 1 + draw(4));
        break;
      }
      if (bytes.empty())
        bytes = "\1";
    }
    std::size_t fields = 0;
    auto read = decode<everything>(bytes, {}, &fields);
    if (!read) {
      ++refused;
      ASSERT_EQ(read.failure().code, errc::bad_input);
    } else {
      ++accepted;
      ASSERT_EQ(encode(*read, fields), bytes);
    }
  }
  EXPECT_GT(accepted, 20'000u); // else the mutations prove nothing
  EXPECT_GT(refused, 20'000u);
}

TEST(codec, every_beginning_of_a_message_is_refused_or_ends_between_fields) {
  auto bytes = encode(example());
  std::size_t accepted = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    std::size_t fields = 0;
    if (auto read = decode<everything>(std::string_view{bytes}.substr(0, length), {}, &fields)) {
      ++accepted;
      EXPECT_EQ(encode(*read, fields), bytes.substr(0, length));
    }
  }
  EXPECT_EQ(accepted, 16u);
}

envelope sample_envelope() {
  return {.version = newest_version, .kind = message_kind::request, .message = 300, .request = 7, .deadline_ms = 5000, .payload = "payload"};
}

TEST(envelope, comes_back_with_its_payload) {
  auto back = decode_envelope(encode_envelope(sample_envelope()));
  ASSERT_TRUE(back) << back.failure().message;
  EXPECT_EQ(*back, sample_envelope());
}

TEST(envelope, carries_a_message) {
  auto bytes = pack({.kind = message_kind::failure, .message = 1, .request = 2}, refusal{errc::offline, "no archive", "x"});
  auto head = decode_envelope(bytes);
  ASSERT_TRUE(head);
  auto back = decode<refusal>(head->payload);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, (refusal{errc::offline, "no archive", "x"}));
}

TEST(envelope, another_version_is_told_apart_from_nonsense) {
  auto x = sample_envelope();
  x.version = newest_version + 1;
  auto back = decode_envelope(encode_envelope(x).substr(0, 1)); // its rest may look like anything
  ASSERT_FALSE(back);
  EXPECT_EQ(back.failure().code, errc::unsupported);
  EXPECT_EQ(back.failure().detail, std::to_string(newest_version + 1));
  EXPECT_EQ(decode_envelope("\1\4").failure().code, errc::bad_input);
  EXPECT_EQ(decode_envelope("").failure().code, errc::bad_input);
}

TEST(envelope, requests_are_numbered_and_notices_are_not) {
  auto x = sample_envelope();
  x.request = 0;
  EXPECT_FALSE(decode_envelope(encode_envelope(x)));
  x.kind = message_kind::notice;
  EXPECT_TRUE(decode_envelope(encode_envelope(x)));
  x.request = 1;
  EXPECT_FALSE(decode_envelope(encode_envelope(x)));
}

TEST(envelope, one_over_the_limit_is_not_read) {
  auto x = sample_envelope();
  x.payload.assign(limits::ipc_message_bytes, 'x');
  EXPECT_EQ(decode_envelope(encode_envelope(x)).failure().code, errc::too_large);
}

} // namespace
} // namespace lama::protocol::ipc
