#include "net/http_rules.hpp"
#include "net/http_server.hpp"
#include "net/url.hpp"

#include <gtest/gtest.h>

namespace lama::net {
namespace {

TEST(host_rules, own_names_at_the_own_port_and_no_others) {
  host_rules rules{8766, {"lama.example", "proxy.example:443"}};
  for (const auto* good : {"127.0.0.1:8766", "localhost:8766", "LOCALHOST:8766", "[::1]:8766", "lama.example:8766", "proxy.example:443", "proxy.example"})
    EXPECT_TRUE(rules.allows_host(good)) << good;
  for (const auto* bad : {"", "localhost", "localhost:8767", "evil.example:8766", "127.0.0.1.evil.example:8766", "localhost:8766.", "lama.example",
                          "127.0.0.2:8766", "proxy.example:8766", "localhost:8766@evil.example"})
    EXPECT_FALSE(rules.allows_host(bad)) << bad;
  EXPECT_TRUE((host_rules{80, {}}.allows_host("localhost")));
}

TEST(host_rules, an_origin_is_absent_or_the_same) {
  EXPECT_TRUE(host_rules::allows_origin("", "localhost:1"));
  EXPECT_TRUE(host_rules::allows_origin("http://localhost:1", "localhost:1"));
  EXPECT_TRUE(host_rules::allows_origin("https://localhost:1", "localhost:1"));
  for (const auto* bad : {"null", "http://localhost", "http://localhost:2", "http://evil.example", "http://localhost:1.evil.example", "ftp://localhost:1"})
    EXPECT_FALSE(host_rules::allows_origin(bad, "localhost:1")) << bad;
}

void expect_part(std::string_view header, uint64_t size, uint64_t offset, uint64_t length) {
  auto range = parse_range(header, size);
  EXPECT_EQ(range.kind, byte_range::kinds::part) << header;
  EXPECT_EQ(range.offset, offset) << header;
  EXPECT_EQ(range.length, length) << header;
}

TEST(byte_range, one_range_is_a_part) {
  expect_part("bytes=0-0", 10, 0, 1);
  expect_part("bytes=2-5", 10, 2, 4);
  expect_part("bytes=2-", 10, 2, 8);
  expect_part("bytes=-3", 10, 7, 3);
  expect_part("bytes=-30", 10, 0, 10);
  expect_part("bytes=9-99", 10, 9, 1);
  expect_part("bytes=0-18446744073709551615", 10, 0, 10);
}

TEST(byte_range, beyond_the_end_cannot_be_satisfied) {
  for (const auto* header : {"bytes=10-", "bytes=10-20", "bytes=-0"})
    EXPECT_EQ(parse_range(header, 10).kind, byte_range::kinds::unsatisfiable) << header;
  EXPECT_EQ(parse_range("bytes=-5", 0).kind, byte_range::kinds::unsatisfiable);
}

TEST(byte_range, everything_else_means_all) {
  for (const auto* header :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "bytes=a-b", "bytes=+1-2", "lines=0-1", "bytes=0-1x", "bytes=0-18446744073709551616"}) {
    EXPECT_EQ(parse_range(header, 10).kind, byte_range::kinds::all) << header;
    EXPECT_EQ(parse_range(header, 10).length, 10u) << header;
  }
}

TEST(paths, are_decoded_and_do_not_climb) {
  EXPECT_EQ(decode_path("/"), "/");
  EXPECT_EQ(decode_path("/a/b.js?x=../y"), "/a/b.js");
  EXPECT_EQ(decode_path("/a%20b%c3%a4"), "/a b\xc3\xa4");
  for (const auto* bad :
       {"", "a", "*", "http://localhost/", "/../x", "/a/..", "/%2e%2e/x", "/.%2E/x", "/a%5cb", "/a\\b", "/a%00", "/%", "/%4", "/%zz", "/%0d%0a"})
    EXPECT_FALSE(decode_path(bad)) << bad;
}

TEST(headers, are_read_leniently_where_it_is_safe) {
  EXPECT_EQ(media_type("Application/JSON; charset=utf-8"), "application/json");
  EXPECT_EQ(media_type("text/plain;application/json"), "text/plain");
  EXPECT_EQ(bearer_token("bearer  abc "), "abc");
  EXPECT_EQ(bearer_token("Basic abc"), "");
  EXPECT_EQ(bearer_token("Bearer"), "");
}

TEST(url, is_taken_apart) {
  auto parsed = parse_url("ws://example.org:81/a/b?c=d#e", "ws");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->host, "example.org");
  EXPECT_EQ(parsed->port, 81);
  EXPECT_EQ(parsed->target, "/a/b?c=d");
  EXPECT_EQ(parsed->authority(), "example.org:81");
  parsed = parse_url("ws://[::1]", "ws");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->host, "::1");
  EXPECT_EQ(parsed->port, 80);
  EXPECT_EQ(parsed->target, "/");
  EXPECT_EQ(parsed->authority(), "[::1]");
  EXPECT_EQ(parse_url("ws://h?q", "ws")->target, "/?q");
}

TEST(url, nonsense_is_refused) {
  for (const auto* bad : {"", "ws:", "ws://", "ws://:80", "wss://h", "ws://h:", "ws://h:0", "ws://h:65536", "ws://h:-1", "ws://u@h", "ws://[::1", "ws://h:80x",
                          "ws://h/\r\nX: y"})
    EXPECT_FALSE(parse_url(bad, "ws")) << bad;
  EXPECT_FALSE(parse_url("ws://" + std::string(3000, 'h'), "ws"));
}

TEST(host_rules, a_browser_says_where_a_request_comes_from) {
  for (const auto* good : {"", "same-origin", "none"})
    EXPECT_TRUE(host_rules::allows_fetch(good, "cors", false)) << good;
  for (const auto* bad : {"cross-site", "same-site", "Same-Origin", "anything"}) // another port of this host is the same site
    EXPECT_FALSE(host_rules::allows_fetch(bad, "navigate", false)) << bad;
  EXPECT_TRUE(host_rules::allows_fetch("cross-site", "navigate", true)) << "a link to the page";
  EXPECT_FALSE(host_rules::allows_fetch("cross-site", "no-cors", true)) << "a script or picture of it";
}

TEST(headers, encodings_are_taken_by_name_and_weight) {
  EXPECT_TRUE(accepts_encoding("gzip, deflate, br", "br"));
  EXPECT_TRUE(accepts_encoding("GZIP;q=0.5", "gzip"));
  for (const auto* header : {"", "deflate", "br;q=0", "br; q=0.000", "brotli"})
    EXPECT_FALSE(accepts_encoding(header, "br")) << header;
}

TEST(headers, a_cookie_is_found_by_its_whole_name) {
  EXPECT_EQ(cookie_named("a=1; lama-session-8766=x.y.z", "lama-session-8766"), "x.y.z");
  EXPECT_EQ(cookie_named("lama-session-8766=", "lama-session-8766"), "");
  for (const auto* header : {"", "lama-session-87660=x", "xlama-session-8766=x", "lama-session-8766", ";;;", "=x"})
    EXPECT_FALSE(cookie_named(header, "lama-session-8766")) << header;
}

TEST(paths, bear_parameters) {
  EXPECT_EQ(query_parameter("/ipc?user=anna", "user"), "anna");
  EXPECT_EQ(query_parameter("/blob/x?name=a%20b&user=%61nna", "user"), "anna");
  EXPECT_EQ(query_parameter("/ipc?user=", "user"), "");
  for (const auto* target : {"/ipc", "/ipc?", "/ipc?xuser=a", "/ipc?user", "/ipc?user=%", "/ipc?user=%0a", ""})
    EXPECT_FALSE(query_parameter(target, "user")) << target;
}

} // namespace
} // namespace lama::net
