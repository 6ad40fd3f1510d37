#include "tests/unit/sync/fixture.hpp"

namespace lama::protocol::sync::testing {

using nlohmann::json;

json good_hello() {
  hello x;
  x.store_id = "0123";
  x.resume = {"4567", 89};
  x.imports = true;
  x.entry_window = 200;
  x.blob_limit = 1000;
  return write_hello(x);
}

TEST(Hello, RoundTrip) {
  auto x = read_hello(good_hello());
  ASSERT_TRUE(x);
  EXPECT_EQ(x->store_id, "0123");
  EXPECT_EQ(x->resume, (position{"4567", 89}));
  EXPECT_TRUE(x->imports);
  EXPECT_EQ(x->entry_window, 200u);
  EXPECT_EQ(x->blob_limit, 1000u);
}

TEST(Hello, UnknownMembersAreForLaterVersions) {
  auto x = good_hello();
  x["later"] = 1;
  x["version"] = 7;
  EXPECT_TRUE(read_hello(x));
}

TEST(Hello, WithoutACommonVersionTheStockProtocolStays) {
  auto x = good_hello();
  x["version"] = 7;
  x["minimum"] = 2;
  auto read = read_hello(x);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.failure().code, errc::unsupported);
}

TEST(Hello, RefusesWhatIsMissingOrOutOfRange) {
  auto with = [](const char* name, const json& content) {
    auto x = good_hello();
    x[name] = content;
    return read_hello(x);
  };
  EXPECT_FALSE(read_hello(json{}));
  EXPECT_FALSE(read_hello(json::array()));
  EXPECT_FALSE(with("version", "1"));
  EXPECT_FALSE(with("version", 0));
  EXPECT_FALSE(with("storeId", ""));
  EXPECT_FALSE(with("storeId", std::string(65, 'x')));
  EXPECT_FALSE(with("storeId", 5));
  EXPECT_FALSE(with("resume", 5));
  EXPECT_FALSE(with("resume", {{"storeId", ""}, {"sequence", -1}}));
  EXPECT_FALSE(with("resume", {{"storeId", ""}, {"sequence", 1.5}}));
  EXPECT_FALSE(with("resume", {{"storeId", ""}, {"sequence", 1e300}}));
  EXPECT_FALSE(with("entryWindow", 1e12));
  EXPECT_FALSE(with("imports", 1));
  auto without = good_hello();
  without.erase("blobLimit");
  EXPECT_FALSE(read_hello(without));
}

TEST(Hello, EstablishedWhenBothHaveSaidIt) {
  node a{"a@example.com", 1};
  node b{"b@example.com", 2};
  a.connect(b);
  b.connect(a);
  EXPECT_FALSE(a.current->established());
  ASSERT_TRUE(a.current->hello_received(b.current->hello()));
  EXPECT_FALSE(a.current->established());
  EXPECT_FALSE(a.work()) << "nothing before the other side knows us";
  a.current->hello_answered();
  EXPECT_TRUE(a.current->established());
  EXPECT_TRUE(a.current->hello_received(b.current->hello())) << "a repeated hello is answered again";
  EXPECT_EQ(a.current->ask_page({}).failure().code, errc::bad_input);
  EXPECT_EQ(b.current->ask_page({{}, {}, {}, 1}).failure().code, errc::offline);
}

TEST(Hello, OneSideMayOnlyExport) {
  node a{"a@example.com", 1};
  node b{"b@example.com", 2};
  auto id = a.make_channel("talk", a.person);
  a.post(id, "for b");
  a.grant_id(id, b.person);
  auto own = b.make_channel("own", b.person);
  b.post(own, "not for a");
  b.grant_id(own, a.person);
  connect(
      a, b, [](session_config& x) { x.imports = false; }, [](session_config& x) { x.exports = false; });
  run(a, b);
  EXPECT_FALSE(a.closed);
  EXPECT_FALSE(b.closed);
  EXPECT_EQ(b.messages(id).size(), 1u);
  EXPECT_FALSE(a.data_of(own));
  EXPECT_EQ(b.caught_up, 1u);
}

} // namespace lama::protocol::sync::testing
