#include "protocol/objects/value.hpp"

#include <gtest/gtest.h>

namespace lama::testing {

using namespace lama::protocol;

TEST(object, answers_by_name_and_kind) {
  hash target;
  target.bytes[0] = 1;
  object x{"T", {}};
  x.set("text", "a").set("number", 5).set("flag", true).set("target", target).set("targets", list{target, "no reference", hash{}});
  EXPECT_EQ(x.text("text"), "a");
  EXPECT_EQ(x.text("number"), "");
  EXPECT_EQ(x.number("number"), 5);
  EXPECT_EQ(x.number("text"), 0);
  EXPECT_TRUE(x.flag("flag"));
  EXPECT_FALSE(x.flag("nothing"));
  EXPECT_EQ(x.reference("target"), target);
  EXPECT_FALSE(x.reference("text"));
  EXPECT_EQ(x.references("targets"), (std::vector{target, hash{}}));
  x.set("text", "b");
  EXPECT_EQ(x.fields.size(), 5u);
  EXPECT_EQ(x.text("text"), "b");
  x.remove("text");
  EXPECT_EQ(x.find("text"), nullptr);
}

TEST(value, equals_by_content) {
  auto tree = [](int x) { return value{json{{"a", x}}}; };
  EXPECT_TRUE(tree(1) == tree(1));
  EXPECT_FALSE(tree(1) == tree(2));
  EXPECT_FALSE(value{"1"} == value{1});
  auto nested = [](const char* x) { return value{object{"", {{"a", list{1, x}}}}}; };
  EXPECT_TRUE(nested("b") == nested("b"));
  EXPECT_FALSE(nested("b") == nested("c"));
  value one{map{{"a", 1}, {"b", 2}}};
  value other{map{{"b", 2}, {"a", 1}}};
  EXPECT_FALSE(one == other); // the order is part of the hash
}

} // namespace lama::testing
