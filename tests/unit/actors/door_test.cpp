#include "gateway_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// Browsers: one-time tokens, cookies, and whose call it is.
namespace lama::actors {
namespace {

using testing::gateway_rig;
using ::testing::HasSubstr;
using testing::json;

const json anna{{"username", "anna"}, {"password", "a long password"}};
const json bert{{"username", "bert"}, {"password", "another password"}};

struct set_clock final : wall_clock {
  int64_t now = 1'000'000'000'000;
  int64_t now_ms() const override {
    return now;
  }
};

int number_of(const json& response) {
  return response.contains("error") ? response["error"]["code"].get<int>() : 0;
}

struct browser {
  explicit browser(gateway_rig& where) : rig{where} {
    // nop
  }
  gateway_rig::answer session(const std::string& method, const std::string& body = {}) {
    net::http_request x;
    x.route = net::http_route::session;
    x.method = method;
    x.body = body;
    x.cookie = cookie;
    x.from_page = true;
    x.remote_address = "127.0.0.1";
    auto got = rig.request(std::move(x));
    for (const auto& [name, value] : got.headers)
      if (name == "Set-Cookie")
        set_cookie = value;
    cookie = set_cookie.substr(0, set_cookie.find(';'));
    return got;
  }
  gateway_rig::answer enter() {
    return session("POST", json{{"token", rig.door->sessions().make_token()}}.dump());
  }
  gateway_rig::answer post(const std::string& method, const json& params = json::object(), const std::string& user = {}, bool from_page = true) {
    net::http_request x;
    x.method = "POST";
    x.content_type = "application/json";
    x.cookie = cookie;
    x.user = user;
    x.from_page = from_page;
    x.body = protocol::jsonrpc::write_request(1, method, params);
    x.remote_address = "127.0.0.1";
    return rig.request(std::move(x));
  }

  gateway_rig& rig;
  std::string cookie;
  std::string set_cookie;
};

TEST(page_sessions, tokens_are_good_once_and_for_a_while) {
  set_clock clock;
  page_sessions x{std::string(32, 'k'), clock};
  auto token = x.make_token();
  EXPECT_FALSE(x.exchange(std::string(64, '0')));
  EXPECT_TRUE(x.exchange(token));
  EXPECT_FALSE(x.exchange(token)) << "used up";
  auto old = x.make_token();
  clock.now += page_sessions::token_lifetime_ms;
  EXPECT_FALSE(x.exchange(old)) << "too old";
  auto first = x.make_token();
  for (std::size_t i = 0; i < page_sessions::most_tokens; ++i) {
    clock.now += 1;
    x.make_token();
  }
  EXPECT_FALSE(x.exchange(first)) << "the oldest goes";
}

TEST(page_sessions, cookies_outlive_the_process_but_not_their_key_nor_their_end) {
  set_clock clock;
  page_sessions before{std::string(32, 'k'), clock};
  auto session = *before.exchange(before.make_token());
  auto cookie = before.cookie_of(session);
  page_sessions after{std::string(32, 'k'), clock};
  EXPECT_EQ(after.session_of(cookie), session);
  EXPECT_FALSE((page_sessions{std::string(32, 'l'), clock}.session_of(cookie)));
  for (auto damaged : {cookie + "0", cookie.substr(1), "x" + cookie, std::string{}, std::string{".."}, std::string{"a.9999999999999."}})
    EXPECT_FALSE(after.session_of(damaged)) << damaged;
  auto longer = cookie;
  longer.insert(longer.find('.') + 1, "9");
  EXPECT_FALSE(after.session_of(longer)) << "its end is signed";
  clock.now += page_sessions::cookie_lifetime_s * 1000;
  EXPECT_FALSE(after.session_of(cookie));
}

TEST(page_sessions, remember_who_logged_in_with_them) {
  set_clock clock;
  page_sessions x{std::string(32, 'k'), clock};
  EXPECT_EQ(x.user_of("s"), "");
  x.bind("s", "anna");
  x.bind("s", "bert");
  EXPECT_EQ(x.user_of("s"), "bert") << "the last";
  EXPECT_EQ(x.user_of("s", "anna"), "anna") << "or the one that is asked for";
  EXPECT_EQ(x.user_of("s", "otto"), "");
  EXPECT_EQ(x.user_of("t", "anna"), "") << "in this session alone";
  x.unbind("bert");
  EXPECT_EQ(x.user_of("s"), "anna");
}

TEST(gateway_door, exchanges_a_token_once_for_a_cookie) {
  gateway_rig rig{side::archive};
  browser page{rig};
  EXPECT_EQ(page.session("GET").status, 401u);
  auto token = rig.door->sessions().make_token();
  auto begun = page.session("POST", json{{"token", token}}.dump());
  EXPECT_EQ(begun.status, 200u);
  EXPECT_EQ(begun.body, (json{{"authorised", true}, {"user", nullptr}}));
  for (const auto* part : {"lama-session-8766=", "; Path=/", "; HttpOnly", "; SameSite=Strict", "; Max-Age="})
    EXPECT_THAT(page.set_cookie, HasSubstr(part));
  EXPECT_EQ(page.session("GET").status, 200u);
  browser thief{rig};
  EXPECT_EQ(thief.session("POST", json{{"token", token}}.dump()).status, 403u) << "used up";
  for (const auto* body : {"", "{}", "[]", "7", R"({"token":7})", "{{{"})
    EXPECT_EQ(thief.session("POST", body).status, 400u) << body;
  EXPECT_EQ(page.session("DELETE").status, 204u);
  EXPECT_EQ(page.session("GET").status, 401u) << "the browser dropped it";
}

TEST(gateway_door, lets_nobody_try_tokens_for_long) {
  gateway_rig rig{side::archive};
  browser thief{rig};
  gateway_rig::answer got;
  for (int i = 0; i < 100 && got.status != 429; ++i)
    got = thief.session("POST", json{{"token", std::string(64, 'a')}}.dump());
  EXPECT_EQ(got.status, 429u);
}

TEST(gateway_door, a_cookie_is_good_for_the_page_alone) {
  gateway_rig rig{side::archive};
  browser page{rig};
  page.enter();
  EXPECT_EQ(page.post("one-core:init").body["result"], true);
  EXPECT_EQ(page.post("one-core:init", json::object(), {}, false).status, 403u) << "the browser does not say that the page asks";
  net::http_request both;
  both.bearer = "wrong";
  both.cookie = page.cookie;
  both.from_page = true;
  EXPECT_EQ(rig.request(both).status, 401u) << "a wrong token is not made good by a cookie";
  net::http_request upgrade;
  upgrade.route = net::http_route::ipc;
  upgrade.cookie = page.cookie;
  unsigned status = 0;
  rig.handlers.upgrade(upgrade, [&status](const net::upgrade_answer& x) { status = x.accepted ? 101 : x.refused.status; });
  EXPECT_EQ(status, 403u);
  EXPECT_EQ(number_of(page.post("node:createLoginToken").body), -32002);
  EXPECT_TRUE(rig.call("node:createLoginToken").contains("result"));
}

TEST(gateway_door, who_comes_with_a_cookie_must_log_in) {
  gateway_rig rig{side::archive};
  ASSERT_EQ(rig.call("one-core:register", anna)["result"]["success"], true);
  browser page{rig};
  page.enter();
  EXPECT_EQ(number_of(page.post("query:getContacts").body), -32001) << "although one user alone is unlocked";
  EXPECT_EQ(number_of(page.post("query:getContacts", json::object(), "anna").body), -32001);
  EXPECT_TRUE(page.post("one-core:getInstance").body["result"].is_null());
  ASSERT_EQ(page.post("one-core:login", anna).body["result"]["success"], true);
  EXPECT_TRUE(page.post("query:getContacts").body.contains("result"));
  EXPECT_EQ(page.session("GET").body["user"], "anna");
  browser other{rig};
  other.enter();
  EXPECT_EQ(number_of(other.post("query:getContacts").body), -32001) << "another browser";
  page.post("one-core:logout");
  EXPECT_EQ(number_of(page.post("query:getContacts").body), -32001);
}

TEST(gateway_door, tabs_share_a_login_and_may_show_two_users) {
  gateway_rig rig{side::archive};
  rig.call("one-core:register", anna);
  rig.call("one-core:register", bert);
  browser page{rig};
  page.enter();
  auto first = rig.open_socket(1, page.cookie);
  auto second = rig.open_socket(2, page.cookie);
  rig.say(first, "one-core:login", bert);
  rig.say(second, "one-core:getInstance");
  EXPECT_EQ(rig.server.sent[second].back()["result"]["username"], "bert");
  rig.advance(std::chrono::minutes{1});
  rig.say(second, "one-core:login", anna);
  rig.say(second, "one-core:getInstance");
  EXPECT_EQ(rig.server.sent[second].back()["result"]["username"], "anna");
  rig.say(first, "one-core:getInstance");
  EXPECT_EQ(rig.server.sent[first].back()["result"]["username"], "bert") << "its own login";
  EXPECT_EQ(page.post("one-core:getInstance", json::object(), "bert").body["result"]["username"], "bert");
}

} // namespace
} // namespace lama::actors
