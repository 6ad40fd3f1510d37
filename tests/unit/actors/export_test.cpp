#include "gateway_rig.hpp"

#include "actors/export/export_run.hpp"
#include "tests/support/vectors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

/// Exports: the folder, what is written into it, and app:export on a store on the disk.
namespace lama::actors {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::gateway_rig;
using ::testing::IsEmpty;
using testing::json;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{folder, none})
    names.insert(entry.path().filename());
  return names;
}

std::string content_of(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> texts_in(const fs::path& lines) {
  std::vector<std::string> texts;
  std::ifstream in{lines};
  for (std::string line; std::getline(in, line);)
    texts.push_back(json::parse(line)["text"]);
  return texts;
}

// The folder

class export_folder_test : public ::testing::Test {
protected:
  result<export_folder> begin() {
    return export_folder::begin(path_, work_);
  }
  void fill(const export_folder& folder) {
    std::ofstream{folder.work() / "a"} << "first";
    std::ofstream{folder.work() / "export.json"} << "last";
  }

  lama::testing::scratch_folder scratch_;
  fs::path path_ = scratch_.path() / "exports" / "mine";
  fs::path work_ = scratch_.path() / "exports" / ".archive-mine";
};

TEST_F(export_folder_test, appears_whole) {
  auto folder = begin();
  ASSERT_TRUE(folder);
  fill(*folder);
  EXPECT_FALSE(fs::exists(path_));
  ASSERT_TRUE(folder->publish("export.json"));
  EXPECT_EQ(names_in(path_.parent_path()), std::set<std::string>{"mine"});
  EXPECT_EQ(names_in(path_), (std::set<std::string>{"a", "export.json"}));
  EXPECT_EQ(fs::status(path_).permissions() & fs::perms::all, fs::perms::owner_all);
}

TEST_F(export_folder_test, or_not_at_all) {
  {
    auto folder = begin();
    ASSERT_TRUE(folder);
    fill(*folder);
  }
  EXPECT_THAT(names_in(path_.parent_path()), IsEmpty());
}

TEST_F(export_folder_test, nothing_is_overwritten_and_two_do_not_work_in_one) {
  auto first = begin();
  ASSERT_TRUE(first);
  EXPECT_EQ(begin().failure().code, errc::conflict);
  fs::create_directory(path_); // came meanwhile
  EXPECT_EQ(first->publish("export.json").failure().code, errc::conflict);
  EXPECT_EQ(begin().failure().code, errc::conflict) << "an empty folder, too";
  fs::remove(path_);
  fs::create_symlink("nowhere", path_);
  EXPECT_EQ(begin().failure().code, errc::conflict) << "a link that leads nowhere, too";
}

TEST_F(export_folder_test, an_empty_one_is_filled_where_somebody_chose_it) {
  fs::create_directories(path_);
  {
    auto folder = export_folder::begin_or_fill(path_ / "");
    ASSERT_TRUE(folder);
    fill(*folder);
  }
  EXPECT_THAT(names_in(path_), IsEmpty()) << "not finished";
  auto folder = export_folder::begin_or_fill(path_);
  ASSERT_TRUE(folder);
  fill(*folder);
  ASSERT_TRUE(folder->publish("export.json"));
  EXPECT_EQ(names_in(path_), (std::set<std::string>{"a", "export.json"}));
  EXPECT_EQ(export_folder::begin_or_fill(path_).failure().code, errc::conflict);
  auto other = export_folder::begin_or_fill(path_.parent_path() / "other");
  ASSERT_TRUE(other);
  fill(*other);
  ASSERT_TRUE(other->publish("export.json"));
  EXPECT_EQ(names_in(path_.parent_path()), (std::set<std::string>{"mine", "other"}));
}

TEST_F(export_folder_test, what_a_killed_node_left_goes_at_the_next_start_of_its_side) {
  for (const auto* name : {".archive-mine", ".sparse-mine", "finished"})
    fs::create_directories(scratch_.path() / exports_folder / name / "files");
  remove_export_leftovers(scratch_.path(), "archive");
  EXPECT_EQ(names_in(scratch_.path() / exports_folder), (std::set<std::string>{".sparse-mine", "finished"}));
  remove_export_leftovers(scratch_.path() / "nowhere", "archive");
}

// What is written

json message(int time, const std::string& text, const std::vector<std::string>& blobs = {}) {
  json x{{"time", "2024-05-01T12:30:00.00" + std::to_string(time) + "Z"},
         {"messageHash", std::string(64, 'a')},
         {"text", text},
         {"sender", std::string(64, 'b')},
         {"senderName", "Bob"},
         {"me", false}};
  for (const auto& blob : blobs)
    x["attachments"].push_back({{"name", "photo.jpg"}, {"type", "image/jpeg"}, {"blob", blob}});
  return x;
}

class export_run_test : public ::testing::Test {
protected:
  export_run begin(const json& conversations, export_choice choice = {}) {
    return {*export_folder::begin(path_, scratch_.path() / ".work"), conversations, choice};
  }
  /// Answers every need: pages in their order, files by `blobs`.
  result<export_counts> drive(export_run& run, std::vector<json> pages) {
    auto page = pages.begin();
    for (;;) {
      auto need = run.next();
      if (const auto* wanted = std::get_if<wanted_page>(&need)) {
        asked_.push_back(wanted->parameters);
        if (page == pages.end())
          return fail(errc::internal, "more pages were asked for than there are");
        LAMA_CHECK(run.give_page(*page++));
      } else if (const auto* file = std::get_if<wanted_file>(&need)) {
        ++files_asked_;
        auto found = blobs_.find(file->blob.hex());
        if (found != blobs_.end())
          std::ofstream{file->to} << found->second;
        LAMA_CHECK(run.give_file(found != blobs_.end()));
      } else {
        return run.finish();
      }
    }
  }

  lama::testing::scratch_folder scratch_;
  fs::path path_ = scratch_.path() / "out";
  std::map<std::string, std::string> blobs_;
  std::vector<json> asked_;
  int files_asked_ = 0;
};

const json one_conversation = json::array({{{"conversationId", "c1"}, {"title", "Holiday"}, {"kind", "group"}}});

TEST_F(export_run_test, pages_from_the_newest_back_become_a_file_from_the_oldest_on) {
  auto run = begin(one_conversation);
  // Two of one time stand on the border: the second page tells the first one's oldest again.
  auto counts = drive(run, {json{{"more", true}, {"messages", {message(3, "c"), message(4, "d"), message(5, "e")}}},
                            json{{"more", false}, {"messages", {message(1, "a"), message(3, "b"), message(3, "c")}}}});
  ASSERT_TRUE(counts) << counts.failure().message;
  EXPECT_THAT(texts_in(path_ / "001-Holiday.jsonl"), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(counts->messages, 5u);
  EXPECT_EQ(counts->conversations, 1u);
  EXPECT_EQ(asked_.at(0).count("before"), 0u);
  EXPECT_EQ(asked_.at(1)["before"], "2024-05-01T12:30:00.004Z");
  auto index = json::parse(content_of(path_ / "export.json"));
  EXPECT_EQ(index["conversations"][0]["messages"], 5);
  EXPECT_EQ(names_in(path_), (std::set<std::string>{"001-Holiday.jsonl", "export.json", "files"}));
  EXPECT_EQ(counts->bytes, fs::file_size(path_ / "001-Holiday.jsonl") + fs::file_size(path_ / "export.json"));
}

TEST_F(export_run_test, a_page_of_one_time_alone_ends_too) {
  auto run = begin(one_conversation);
  auto counts = drive(run, {json{{"more", true}, {"messages", {message(3, "b"), message(3, "c")}}}, json{{"more", true}, {"messages", json::array()}}});
  ASSERT_TRUE(counts) << counts.failure().message;
  EXPECT_EQ(asked_.at(1)["before"], "2024-05-01T12:30:00.003Z");
  EXPECT_THAT(texts_in(path_ / "001-Holiday.jsonl"), ElementsAre("b", "c"));
}

TEST_F(export_run_test, what_is_not_in_the_conversation_yet_or_was_deleted_stays_out) {
  auto pending = message(4, "pending");
  pending["state"] = "on-this-device";
  auto deleted = message(5, "");
  deleted["deleted"] = "2024-05-02T00:00:00.000Z";
  auto run = begin(one_conversation);
  ASSERT_TRUE(drive(run, {json{{"more", false}, {"messages", {message(3, "kept"), pending, deleted}}}}));
  EXPECT_THAT(texts_in(path_ / "001-Holiday.jsonl"), ElementsAre("kept"));
}

TEST_F(export_run_test, a_file_is_asked_for_once_and_one_that_is_not_there_is_counted) {
  auto photo = std::string(64, '1');
  auto gone = std::string(64, '2');
  blobs_[photo] = "a photo";
  auto run = begin(one_conversation, {true, true});
  auto counts = drive(run, {json{{"more", true}, {"messages", {message(3, "x"), message(4, "c", {photo, gone}), message(5, "d", {photo})}}},
                            json{{"more", false}, {"messages", {message(1, "a", {gone, photo})}}}});
  ASSERT_TRUE(counts) << counts.failure().message;
  EXPECT_EQ(files_asked_, 2);
  EXPECT_EQ(counts->files, 1u);
  EXPECT_EQ(counts->missing, 1u);
  EXPECT_EQ(content_of(path_ / "files" / "1111111111111111-photo.jpg"), "a photo");
  EXPECT_EQ(names_in(path_ / "files").size(), 1u);
  EXPECT_TRUE(fs::exists(path_ / "index.html"));
  EXPECT_TRUE(fs::exists(path_ / "001-Holiday.html"));
}

TEST_F(export_run_test, a_file_is_wanted_with_the_place_of_its_message) {
  auto placed = message(3, "a", {std::string(64, '1')});
  placed["entry"] = {{"channel", std::string(64, '2')}, {"hash", std::string(64, '3')}};
  auto damaged = message(4, "b", {std::string(64, '4')});
  damaged["entry"] = {{"channel", "x"}};
  auto run = begin(one_conversation);
  ASSERT_TRUE(run.give_page({{"more", false}, {"messages", {placed, damaged}}}));
  auto first = std::get<wanted_file>(run.next());
  ASSERT_TRUE(first.at);
  EXPECT_EQ(first.at->channel.hex(), std::string(64, '2'));
  EXPECT_EQ(first.at->entry.hex(), std::string(64, '3'));
  ASSERT_TRUE(run.give_file(false));
  EXPECT_FALSE(std::get<wanted_file>(run.next()).at);
}

TEST_F(export_run_test, without_files_none_is_asked_for) {
  auto run = begin(one_conversation, {false, false});
  ASSERT_TRUE(drive(run, {json{{"more", false}, {"messages", {message(1, "a", {std::string(64, '1')})}}}}));
  EXPECT_EQ(files_asked_, 0);
}

TEST_F(export_run_test, one_that_is_not_finished_leaves_nothing) {
  {
    auto run = begin(one_conversation);
    EXPECT_FALSE(drive(run, {json{{"more", true}, {"messages", {message(3, "b"), message(4, "c")}}}}));
  }
  EXPECT_THAT(names_in(scratch_.path()), IsEmpty());
}

// The channel

int number_of(const json& response) {
  return response.contains("error") ? response["error"]["code"].get<int>() : 0;
}

struct export_rig : gateway_rig {
  export_rig() : gateway_rig{side::archive} {
    EXPECT_EQ(call("one-core:register", {{"username", "anna"}, {"password", "a long password"}})["result"]["success"], true);
    for (const auto* title : {"first", "second"}) {
      auto made = call("action:createConversation", {{"name", title}})["result"]["conversationId"];
      ids.push_back(made);
      for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(call("action:sendMessage", {{"conversationId", made}, {"text", title + (' ' + std::to_string(i))}}).contains("result"));
    }
  }
  fs::path exports() const {
    return folder() / "exports";
  }
  /// Until the export is under way.
  void begin(net::connection_id socket) {
    pile_up(socket, "app:export", 1, {{"folder", "mine"}});
    while (!fs::exists(exports() / ".archive-mine"))
      ASSERT_TRUE(step()) << "it never began";
  }

  std::vector<std::string> ids;
};

TEST(app_export, writes_all_conversations_and_tells_how_far_it_is) {
  export_rig rig;
  auto page = rig.open_socket(5);
  rig.say(page, "query:getState");
  rig.server.sent[page].clear();
  rig.say(page, "app:export", {{"folder", "mine"}, {"html", true}});
  json answer;
  std::vector<json> progress;
  for (const auto& x : rig.server.sent[page]) {
    if (x.contains("id"))
      answer = x;
    else if (x["method"] == "update:progress")
      progress.push_back(x["params"]);
  }
  ASSERT_TRUE(answer.contains("result")) << answer;
  EXPECT_EQ(answer["result"]["folder"], (rig.exports() / "mine").string());
  EXPECT_EQ(answer["result"]["conversations"], 2);
  EXPECT_EQ(answer["result"]["messages"], 6);
  EXPECT_EQ(answer["result"]["files"], 0);
  ASSERT_EQ(progress.size(), 2u);
  EXPECT_EQ(progress[0]["what"], "app:export");
  EXPECT_EQ(progress[1]["progress"], 6);
  EXPECT_EQ(progress[1]["total"], 6);
  EXPECT_EQ(names_in(rig.exports()), std::set<std::string>{"mine"});
  auto index = json::parse(content_of(rig.exports() / "mine" / "export.json"));
  for (const auto& conversation : index["conversations"])
    EXPECT_THAT(texts_in(rig.exports() / "mine" / conversation["file"].get<std::string>()).size(), 3u);
  EXPECT_TRUE(fs::exists(rig.exports() / "mine" / "index.html"));
}

TEST(app_export, takes_the_named_conversations_alone) {
  export_rig rig;
  auto answer = rig.call("app:export", {{"folder", "one"}, {"conversations", {rig.ids[1]}}});
  EXPECT_EQ(answer["result"]["messages"], 3) << answer;
  EXPECT_THAT(texts_in(rig.exports() / "one" / "001-second.jsonl"), ElementsAre("second 0", "second 1", "second 2"));
  EXPECT_EQ(number_of(rig.call("app:export", {{"folder", "two"}, {"conversations", {rig.ids[0], "nobody knows it"}}})), -32003);
  EXPECT_FALSE(fs::exists(rig.exports() / "two"));
}

TEST(app_export, writes_nowhere_else_and_over_nothing) {
  export_rig rig;
  for (const auto* name : {"..", ".", "../mine", "a/b", "/tmp/mine", "a\\b", ".hidden", "", "a b", "a\nb", "caf\u00e9"})
    EXPECT_EQ(number_of(rig.call("app:export", {{"folder", name}})), -32602) << name;
  EXPECT_EQ(number_of(rig.call("app:export", {{"folder", std::string(129, 'a')}})), -32602);
  EXPECT_EQ(number_of(rig.call("app:export", {{"folder", std::string("a\0b", 3)}})), -32602);
  EXPECT_EQ(number_of(rig.call("app:export", {{"folder", 7}})), -32602);
  EXPECT_FALSE(fs::exists(rig.exports()));
  ASSERT_TRUE(rig.call("app:export", {{"folder", "mine"}}).contains("result"));
  auto before = content_of(rig.exports() / "mine" / "export.json");
  EXPECT_EQ(number_of(rig.call("app:export", {{"folder", "mine"}})), -32004);
  EXPECT_EQ(content_of(rig.exports() / "mine" / "export.json"), before);
}

TEST(app_export, is_finished_whoever_hangs_up) {
  export_rig rig;
  auto page = rig.open_socket(5);
  rig.begin(page);
  rig.hang_up(page);
  rig.settle();
  EXPECT_EQ(names_in(rig.exports()), std::set<std::string>{"mine"});
  EXPECT_TRUE(fs::exists(rig.exports() / "mine" / "export.json"));
}

TEST(app_export, two_of_one_name_do_not_mix) {
  export_rig rig;
  auto page = rig.open_socket(5);
  rig.begin(page);
  EXPECT_EQ(number_of(rig.call("app:export", {{"folder", "mine"}})), -32004);
  EXPECT_EQ(rig.server.sent[page].back()["result"]["messages"], 6) << "the first one goes on";
}

TEST(app_export, leaves_nothing_when_the_user_logs_out) {
  export_rig rig;
  for (int i = 0; i < 30; ++i) // more pages than a logout takes
    rig.call("action:createConversation", {{"name", "more " + std::to_string(i)}});
  auto page = rig.open_socket(5);
  rig.begin(page);
  rig.call("one-core:logout");
  EXPECT_THAT(names_in(rig.exports()), IsEmpty());
  EXPECT_EQ(number_of(rig.server.sent[page].back()), -32001) << rig.server.sent[page].back();
}

} // namespace
} // namespace lama::actors
