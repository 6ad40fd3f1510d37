#include "protocol/connection/invitation.hpp"

#include "protocol/limits.hpp"
#include "tests/unit/connection/cases.hpp"
#include "tests/unit/connection/scripted_random.hpp"

#include <gtest/gtest.h>

using namespace lama;
using namespace lama::protocol;
using namespace std::chrono_literals;

namespace {

const time_point start{1h};
const hash anna = sha256("anna");
const hash bert = sha256("bert");

invitation some_invitation() {
  return {"token", key32_from_hex(std::string(64, 'a')).value(), "ws://localhost:1"};
}

TEST(Invitation, TravelsAsTheStockPeerWritesIt) {
  lama::testing::for_each_case("pairing.json", "name", "invitation", [](const auto& x) {
    const auto& content = x.at("invitation");
    invitation expected{content.at("token"), key32_from_hex(content.at("publicKey").template get<std::string>()).value(), content.at("url")};
    EXPECT_EQ(invitation_json(expected), x.at("json"));
    EXPECT_EQ(encode_uri_component(invitation_json(expected)), x.at("urlFragment"));
    EXPECT_EQ(invitation_link(expected, "edda.dev.refinio.one", invitation_kind::partner), x.at("urlPartner"));
    for (const auto* form : {"json", "urlPartner", "urlDevice"}) {
      auto parsed = parse_invitation("  " + x.at(form).template get<std::string>() + "\n");
      ASSERT_TRUE(parsed) << form;
      EXPECT_EQ(*parsed, expected);
    }
  });
  EXPECT_TRUE(
      invitation_link(some_invitation(), "edda.one", invitation_kind::device).starts_with("https://edda.one/invites/inviteDevice/?invited=true/#%7B%22"));
}

TEST(Invitation, RefusesWhatIsNone) {
  auto good = invitation_json(some_invitation());
  ASSERT_TRUE(parse_invitation(good));
  auto with = [&](const std::string& from, const std::string& to) {
    auto text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const auto& text :
       {std::string{}, std::string{"hello"}, std::string{"https://edda.one/#%"}, std::string{"https://edda.one/#%7"}, std::string{"https://edda.one/#%zz"},
        std::string{"[1]"}, std::string{"{}"}, good.substr(1), with("}", ",\"more\":\"x\"}"), with("\"token\",", "1,"), with("aaaa", "aa"),
        with("aaaa", "zzzz"), with("ws://", "http://"), std::string(limits::invitation_bytes + 1, ' ') + good})
    EXPECT_EQ(parse_invitation(text).failure().code, errc::bad_input) << text;
}

TEST(Invitation, EncodesAsEcmaScript) {
  EXPECT_EQ(encode_uri_component("A-Z_.!~*'()\xC3\xBC /#%"), "A-Z_.!~*'()%C3%BC%20%2F%23%25");
  EXPECT_EQ(*decode_uri_component("A%2dz%C3%bC+"), "A-z\xC3\xBC+");
  EXPECT_FALSE(decode_uri_component("abc%2"));
}

TEST(Invitations, AreGoodOnceAndForTheirPerson) {
  lama::testing::seeded_random random{1};
  invitations all{15min};
  auto token = all.issue(anna, random, start);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->size(), 64u);
  EXPECT_FALSE(all.check("another", anna, start));
  EXPECT_EQ(all.redeem(*token, bert, start).failure().message, "The authentication token was not generated for the requested person.");
  EXPECT_TRUE(all.check(*token, anna, start));
  EXPECT_TRUE(all.check(*token, anna, start)) << "an attempt does not use it up";
  EXPECT_TRUE(all.redeem(*token, anna, start));
  EXPECT_EQ(all.redeem(*token, anna, start).failure().message, "Authentication token is not existing.");
}

TEST(Invitations, Expire) {
  invitations all{15min};
  ASSERT_TRUE(all.issue("t", anna, start));
  EXPECT_TRUE(all.check("t", anna, start + 15min - 1ms));
  EXPECT_FALSE(all.check("t", anna, start + 15min));
  EXPECT_EQ(all.open(start + 15min), 0u);
}

TEST(Invitations, AreBounded) {
  invitations all{15min};
  for (std::size_t i = 0; i < limits::open_invitations; ++i)
    ASSERT_TRUE(all.issue("t" + std::to_string(i), anna, start));
  EXPECT_EQ(all.issue("one more", anna, start).failure().code, errc::overloaded);
  EXPECT_TRUE(all.issue("one more", anna, start + 15min));
}

TEST(Invitations, AreTakenBack) {
  invitations all{15min};
  ASSERT_TRUE(all.issue("a", anna, start));
  ASSERT_TRUE(all.issue("b", bert, start));
  ASSERT_TRUE(all.issue("c", anna, start));
  EXPECT_EQ(all.issue("c", anna, start).failure().code, errc::conflict);
  all.revoke("c");
  EXPECT_FALSE(all.check("c", anna, start));
  all.revoke_all(anna);
  EXPECT_FALSE(all.check("a", anna, start));
  EXPECT_TRUE(all.check("b", bert, start));
}

} // namespace
