#include "gateway_rig.hpp"

#include "protocol/backup/format.hpp"
#include "storage/keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leveldb/db.h>

#include <fstream>
#include <memory>
#include <utility>

/// app:reset and app:restore, on a store on the disk.
namespace lama::actors {
namespace {

namespace fs = std::filesystem;
using testing::gateway_rig;
using testing::json;

const json anna{{"username", "anna"}, {"password", "a long password"}};

int number_of(const json& response) {
  return response.contains("error") ? response["error"]["code"].get<int>() : 0;
}

struct reset_rig : gateway_rig {
  reset_rig() : gateway_rig{side::archive} {
    EXPECT_EQ(call("one-core:register", anna)["result"]["success"], true);
  }

  fs::path store() const {
    return folder() / "archive" / "anna";
  }
  json back_up(const json& parameters) {
    auto made = call("app:backup", parameters);
    EXPECT_TRUE(made.contains("result")) << made;
    return made["result"];
  }
  void reset() {
    advance(std::chrono::minutes{1}); // a try to log in
    auto told = call("app:reset", anna);
    EXPECT_EQ(told["result"], (json{{"success", true}})) << told;
  }
  json restore(const json& parameters) {
    auto told = call("app:restore", parameters);
    if (fs::exists(store()))
      files->opened.push_back("archive/anna"); // the rig's list of folders
    return told;
  }
  /// Takes an object out of the closed store, as a disk does that lost it.
  void lose(const std::string& object) {
    call("one-core:logout");
    leveldb::DB* opened = nullptr;
    ASSERT_TRUE(leveldb::DB::Open({}, store(), &opened).ok());
    std::unique_ptr<leveldb::DB> db{opened};
    auto key = std::string{std::string_view{storage::keys::object(*hash::from_hex(object))}};
    std::string value;
    ASSERT_TRUE(db->Get({}, key, &value).ok());
    ASSERT_TRUE(db->Delete({}, key).ok());
  }
};

TEST(reset, deletes_the_store_and_nothing_of_it_meets_who_comes_next) {
  reset_rig rig;
  auto socket = rig.open_socket(3);
  rig.say(socket, "one-core:login", anna);
  auto setting = rig.call("one-core:createObject", {{"type", "LamaSetting"}, {"data", {{"key", "theme"}, {"value", "dark"}}}})["result"]["hash"];
  rig.back_up({{"file", "kept.lama-backup"}});
  rig.reset();
  EXPECT_FALSE(fs::exists(rig.store()));
  EXPECT_TRUE(fs::is_empty(rig.store().parent_path())) << "nothing is left beside it either";
  EXPECT_TRUE(fs::exists(rig.folder() / "backups" / "kept.lama-backup"));
  EXPECT_TRUE(rig.call("node:users")["result"]["users"].empty());
  rig.say(socket, "query:getState");
  EXPECT_EQ(number_of(rig.server.sent[socket].back()), -32001) << "the websocket is nobody's any more";
  rig.advance(std::chrono::minutes{1});
  EXPECT_EQ(rig.call("one-core:login", anna)["result"]["reason"], "wrong_secret") << "there is no such user";
  ASSERT_EQ(rig.call("one-core:register", anna)["result"]["success"], true);
  EXPECT_TRUE(rig.call("one-core:getObject", {{"hash", setting}})["result"].is_null()) << "another user of the same name";
}

TEST(reset, is_for_who_knows_the_password_and_guessing_is_slow) {
  reset_rig rig;
  rig.advance(std::chrono::minutes{1});
  auto wrong = rig.call("app:reset", {{"username", "anna"}, {"password", "a wrong password"}});
  auto nobody = rig.call("app:reset", {{"username", "otto"}, {"password", "a wrong password"}});
  EXPECT_EQ(wrong["result"]["success"], false);
  EXPECT_EQ(wrong["result"]["reason"], "wrong_secret");
  EXPECT_EQ(wrong["result"], nobody["result"]) << "who is here is told to nobody";
  EXPECT_FALSE(rig.call("one-core:getInstance")["result"].is_null()) << "not even logged out";
  rig.call("app:reset", {{"password", "a wrong password"}});
  auto fourth = rig.call("app:reset", anna);
  EXPECT_EQ(number_of(fourth), -32005);
  EXPECT_GT(fourth["error"]["data"]["retryAfterMs"], 0);
  EXPECT_EQ(number_of(rig.call("one-core:login", anna)), -32005) << "logins and resets are counted together";
  EXPECT_TRUE(fs::exists(rig.store()));
  rig.advance(std::chrono::minutes{1});
  EXPECT_EQ(rig.call("app:reset", anna)["result"]["success"], true);
}

TEST(reset, waits_for_who_reads_the_store_and_else_says_so) {
  reset_rig rig;
  auto held = rig.node.context->directory->context_of("anna")->store;
  rig.advance(std::chrono::minutes{1});
  auto refused = rig.call("app:reset", anna);
  EXPECT_EQ(refused["result"]["reason"], "conflict") << refused;
  EXPECT_TRUE(fs::exists(rig.store() / "CURRENT")) << "nothing was deleted";
  held.reset();
  rig.advance(std::chrono::minutes{1});
  EXPECT_EQ(rig.call("app:reset", anna)["result"]["success"], true);
}

TEST(reset, ends_a_login_that_was_under_way) {
  reset_rig rig;
  rig.advance(std::chrono::minutes{1});
  rig.call("one-core:logout");
  auto first = rig.open_socket(5);
  auto second = rig.open_socket(6);
  rig.pile_up(first, "one-core:login", 1, anna);
  rig.pile_up(second, "app:reset", 1, anna);
  for (int i = 0; i < 10; ++i)
    rig.advance(std::chrono::milliseconds{50});
  ASSERT_EQ(rig.server.sent[second].size(), 1u);
  EXPECT_EQ(rig.server.sent[second][0]["result"], (json{{"success", true}}));
  EXPECT_FALSE(fs::exists(rig.store()));
}

TEST(restore, is_for_the_bearer_of_the_token_alone) {
  reset_rig rig;
  rig.back_up({{"file", "anna.lama-backup"}});
  rig.reset();
  net::http_request enter;
  enter.route = net::http_route::session;
  enter.method = "POST";
  enter.from_page = true;
  enter.body = json{{"token", rig.door->sessions().make_token()}}.dump();
  enter.remote_address = "127.0.0.1";
  auto entered = rig.request(enter);
  auto cookie = std::ranges::find(entered.headers, "Set-Cookie", &std::pair<std::string, std::string>::first);
  ASSERT_NE(cookie, entered.headers.end());
  auto page = rig.open_socket(4, cookie->second.substr(0, cookie->second.find(';')));
  rig.say(page, "app:restore", {{"file", "anna.lama-backup"}});
  EXPECT_EQ(number_of(rig.server.sent[page].back()), -32002);
  EXPECT_FALSE(fs::exists(rig.store()));
  EXPECT_EQ(rig.restore({{"file", "anna.lama-backup"}})["result"]["restored"], true);
}

TEST(restore, needs_the_key_of_a_sealed_backup) {
  reset_rig rig;
  protocol::backup::seal_description seal;
  seal.cost = {1024, 8, 1};
  seal.salt = std::string(16, 's');
  auto key = protocol::backup::derive_seal(seal, "open sesame");
  ASSERT_TRUE(key);
  json given{{"salt", to_hex(seal.salt)}, {"check", to_hex(seal.check)}, {"key", to_hex(protocol::view(*key))}};
  auto saved = rig.back_up({{"file", "sealed.lama-backup"}, {"seal", given}});
  rig.reset();
  EXPECT_EQ(number_of(rig.restore({{"file", "sealed.lama-backup"}})), -32002) << "no key";
  auto wrong = given;
  wrong["key"] = std::string(64, '0');
  EXPECT_NE(number_of(rig.restore({{"file", "sealed.lama-backup"}, {"seals", {wrong}}})), 0);
  auto other = given;
  other["salt"] = std::string(32, '0');
  EXPECT_EQ(number_of(rig.restore({{"file", "sealed.lama-backup"}, {"seals", {other}}})), -32002) << "a key for another file";
  EXPECT_EQ(number_of(rig.restore({{"file", "sealed.lama-backup"}, {"seals", {{{"salt", "zz"}, {"check", "zz"}, {"key", "zz"}}}}})), -32602);
  EXPECT_TRUE(fs::is_empty(rig.store().parent_path())) << "nothing was put there";
  auto restored = rig.restore({{"file", "sealed.lama-backup"}, {"seals", {other, given}}});
  EXPECT_EQ(restored["result"]["digest"], saved["digest"]) << restored;
  rig.advance(std::chrono::minutes{1});
  EXPECT_EQ(rig.call("one-core:login", anna)["result"]["success"], true);
}

TEST(restore, puts_a_damaged_store_into_place_only_where_that_is_wanted) {
  reset_rig rig;
  auto setting = rig.call("one-core:createObject", {{"type", "LamaSetting"}, {"data", {{"key", "theme"}, {"value", "dark"}}}})["result"]["hash"];
  rig.lose(setting.get<std::string>());
  rig.advance(std::chrono::minutes{1});
  ASSERT_EQ(rig.call("one-core:login", anna)["result"]["success"], true);
  rig.back_up({{"file", "damaged.lama-backup"}});
  rig.reset();
  auto found = rig.restore({{"file", "damaged.lama-backup"}});
  ASSERT_TRUE(found.contains("result")) << found;
  EXPECT_EQ(found["result"]["restored"], false);
  EXPECT_GT(found["result"]["problemCount"], 0);
  EXPECT_THAT(found["result"]["problems"].dump(), ::testing::HasSubstr(setting.get<std::string>().substr(0, 8)));
  EXPECT_TRUE(fs::is_empty(rig.store().parent_path()));
  auto taken = rig.restore({{"file", "damaged.lama-backup"}, {"damaged", true}});
  EXPECT_EQ(taken["result"]["restored"], true) << taken;
  EXPECT_EQ(taken["result"]["problemCount"], found["result"]["problemCount"]);
  rig.advance(std::chrono::minutes{1});
  EXPECT_EQ(rig.call("one-core:login", anna)["result"]["success"], true);
}

TEST(restore, refuses_what_is_no_backup_and_goes_on) {
  reset_rig rig;
  rig.back_up({{"file", "anna.lama-backup"}});
  EXPECT_EQ(number_of(rig.restore({{"file", "anna.lama-backup"}})), -32004) << "anna is here";
  EXPECT_EQ(rig.restore({{"file", "anna.lama-backup"}, {"username", "copy"}})["result"]["user"], "copy");
  EXPECT_TRUE(fs::exists(rig.folder() / "archive" / "copy" / "CURRENT"));
  rig.reset();
  std::ofstream{rig.folder() / "backups" / "noise"} << "LAMABKP1 and then nothing";
  fs::create_directory(rig.folder() / "backups" / "folder");
  for (const auto* file : {"noise", "folder", "nothing"})
    EXPECT_NE(number_of(rig.restore({{"file", file}})), 0) << file;
  for (const auto* file : {"../archive", "a/b", ".hidden", "", "/etc/passwd"})
    EXPECT_EQ(number_of(rig.restore({{"file", file}})), -32602) << file;
  EXPECT_EQ(rig.restore({{"file", "anna.lama-backup"}})["result"]["restored"], true) << "the next one is served";
}

} // namespace
} // namespace lama::actors
