#include "protocol/chum/session.hpp"

#include "tests/unit/chum/storage_of_vectors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>

/// The recorded sessions, with our importer in the place of the one that asked.
namespace lama::protocol::chum::testing {

namespace {

/// Everything that the recorded exporter answered, by service and arguments.
class recorded_exporter {
public:
  recorded_exporter(const json& session, const std::string& owner) {
    std::map<int64_t, std::string> keys;
    for (const auto& message : session.at("messages")) {
      auto is_text = message.at("kind") == "text";
      auto content = is_text ? json::parse(message.at("data").get<std::string>()) : json{};
      if (message.at("from") != owner && is_text && content.contains("requestId")) {
        auto key = key_of(content);
        keys[content.at("requestId")] = key;
        answers_[key].emplace_back();
      } else if (message.at("from") == owner && is_text && content.contains("responseId")) {
        answers_.at(keys.at(content.at("responseId"))).back().push_back(content);
      } else if (message.at("from") == owner && message.at("kind") == "binary") {
        answers_.at(keys.at(message.at("requestId"))).back().push_back(json{});
      }
    }
  }

  /// Sends the recorded answer into `to`. False where there is none.
  bool answer(const std::string& text, session& to, const object_source& from, int64_t now) {
    auto request = json::parse(text);
    auto found = answers_.find(key_of(request));
    if (found == answers_.end() || found->second.front().empty())
      return false;
    for (auto message : found->second.front()) {
      if (message.is_null()) {
        send_blob(request, to, from, now);
        continue;
      }
      message["responseId"] = request.at("requestId");
      to.receive_text(message.dump(), from, now);
    }
    // Lists of roots change from round to round; all else is asked for again in vain.
    if (found->second.size() > 1)
      found->second.pop_front();
    blob_offset_ = 0;
    return true;
  }

private:
  static std::string key_of(const json& request) {
    return request.at("serviceId").dump() + request.at("args").dump();
  }

  void send_blob(const json& request, session& to, const object_source& from, int64_t now) {
    auto bytes = stored_bytes(request.at("args")[0]);
    auto number = request.at("requestId").get<double>();
    std::string message(reinterpret_cast<const char*>(&number), sizeof number);
    message += bytes.substr(blob_offset_, 65536);
    blob_offset_ += 65536;
    to.receive_binary(message, from, now);
  }

  std::map<std::string, std::deque<std::vector<json>>> answers_;
  std::size_t blob_offset_ = 0;
};

/// As the peer: takes everything but grants.
result<done> like_the_peer(policy::role, std::string_view, std::string_view) {
  return done{};
}

struct outcome {
  std::optional<error> failure;
  std::vector<failed_root> failed;
  std::size_t unanswered = 0;
  uint64_t rounds = 0;
};

/// Does what a host does, with time that only moves when nothing else happens.
outcome run_importer(memory_space& space, recorded_exporter& remote, std::size_t rounds) {
  session_options options;
  options.exports = false;
  options.importer.fetch.judge = like_the_peer;
  options.importer.keep_running = rounds > 1;
  session ours{options, std::make_shared<announced_hashes>()};
  int64_t now = 0;
  outcome out;
  std::map<uint64_t, std::string> uploads;
  ours.start(now);
  ours.receive_text("synchronisation", space, now);
  for (int steps = 0; steps < 100'000 && !ours.is_closed() && ours.rounds() < rounds + 1; ++steps) {
    auto actions = ours.take_actions();
    if (actions.empty()) {
      // With nothing to do and answers missing, the connection is lost.
      auto next = ours.wait_until();
      if (out.unanswered > 0 || !next || ours.rounds() >= rounds)
        break;
      now = *next;
      ours.tick(space, now);
    }
    for (auto& x : actions) {
      if (auto* text = std::get_if<send_text>(&x); text && text->text.starts_with('{'))
        out.unanswered += remote.answer(text->text, ours, space, now) ? 0 : 1;
      else if (auto* batch = std::get_if<store_batch>(&x))
        ours.stored(batch->number, apply(space, *batch), space, now);
      else if (auto* piece = std::get_if<blob_piece>(&x))
        uploads[piece->upload] += piece->bytes;
      else if (auto* end = std::get_if<blob_finish>(&x))
        ours.blob_stored(end->upload, space.put_blob(uploads[end->upload])->name == end->name ? result<done>{done{}} : fail(errc::corrupt, "blob"), space, now);
      else if (auto* round = std::get_if<round_complete>(&x))
        out.failed.insert(out.failed.end(), round->failed.begin(), round->failed.end());
      else if (auto* end_of_session = std::get_if<close_session>(&x))
        out.failure = end_of_session->failure;
    }
  }
  ours.connection_closed(space, now);
  for (auto& x : ours.take_actions())
    if (auto* batch = std::get_if<store_batch>(&x)) {
      EXPECT_TRUE(apply(space, *batch));
    }
  out.rounds = ours.rounds();
  return out;
}

std::set<std::string> names_in(const memory_space& space) {
  std::set<std::string> out;
  for (const auto& name : space.names())
    out.insert(name.hex());
  return out;
}

std::string at_session(const std::string& test_case, std::size_t session, const std::string& importing) {
  return test_case + " " + std::to_string(session) + " " + importing;
}

/// Where our importer does otherwise than the recorded one.
const std::map<std::string, std::string> differences{
    {at_session("missing_child_in_list", 0, "B"), "we refuse an object whose child was not announced (§6.4)"},
    {at_session("exporter_missing_id_object", 0, "B"), "we fetch no id object ahead of a version: storing the version brings it along"},
    {at_session("connection_lost", 0, "B"), "requests are pipelined, so the list of what came before the loss is another"},
};

} // namespace

TEST(importer_vectors, stores_what_the_peer_stored) {
  std::size_t checked = 0;
  for (const auto& test_case : sessions().at("cases")) {
    if (!test_case.contains("sessions"))
      continue;
    auto name = test_case.at("name").get<std::string>();
    for (std::size_t i = 0; i < test_case.at("sessions").size(); ++i) {
      const auto& session = test_case.at("sessions")[i];
      for (std::string importing : {"A", "B"}) {
        auto label = at_session(name, i, importing);
        if (differences.contains(label))
          continue;
        SCOPED_TRACE(label);
        const auto& before = session.at("before").at(importing);
        auto content = load_side(before.at("objects"), before.at("vheads"));
        auto had = names_in(*content.space);
        recorded_exporter remote{session, importing == "A" ? "B" : "A"};
        auto ended = run_importer(*content.space, remote, name == "live_update" ? 2 : 1);

        std::set<std::string> added;
        auto has = names_in(*content.space);
        std::set_difference(has.begin(), has.end(), had.begin(), had.end(), std::inserter(added, added.end()));
        auto expected = without_logs(session.at("after").at(importing).at("added"));
        // A adds an object of its own while `live_update` runs.
        if (name == "live_update" && importing == "A")
          expected.clear();
        EXPECT_EQ(added, expected);
        for (const auto& [id, head] : session.at("after").at(importing).at("vheads").items()) {
          auto log = without_logs(json::array({head})).empty();
          if (!log && !(name == "live_update" && importing == "A")) {
            EXPECT_EQ(content.space->head(hash::from_hex(id).value()), hash_of(head)) << id;
          }
        }
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 60u);
}

TEST(importer_vectors, refuses_an_object_whose_child_was_not_announced) {
  const auto& session = session_case("missing_child_in_list").at("sessions")[0];
  auto content = load_side(session.at("before").at("B").at("objects"), session.at("before").at("B").at("vheads"));
  auto had = names_in(*content.space);
  recorded_exporter remote{session, "A"};
  auto ended = run_importer(*content.space, remote, 1);
  ASSERT_EQ(ended.failed.size(), 1u);
  EXPECT_EQ(ended.failed[0].reason.code, errc::not_found);
  auto has = names_in(*content.space);
  EXPECT_FALSE(has.contains(ended.failed[0].name.hex()));
}

TEST(importer_vectors, keeps_what_came_before_the_connection_was_lost) {
  const auto& test_case = session_case("connection_lost");
  const auto& first = test_case.at("sessions")[0];
  auto content = load_side(first.at("before").at("B").at("objects"), first.at("before").at("B").at("vheads"));
  recorded_exporter remote{first, "A"};
  auto ended = run_importer(*content.space, remote, 1);
  EXPECT_GT(ended.unanswered, 0u);
  for (const auto& name : without_logs(first.at("after").at("B").at("added")))
    EXPECT_TRUE(content.space->contains(hash::from_hex(name).value())) << name;
}

TEST(importer_vectors, ends_where_the_peer_ends_and_says_why) {
  const std::map<std::string, std::string> codes{{"version_mismatch", "CS-MISMATCH"}, {"exporter_late", "UNKNOWN-SERVICE"}, {"bad_roots", "DAH-PAO3"}};
  for (const auto& [name, code] : codes) {
    const auto& session = session_case(name).at("sessions")[0];
    auto content = load_side(session.at("before").at("B").at("objects"), session.at("before").at("B").at("vheads"));
    recorded_exporter remote{session, "A"};
    auto ended = run_importer(*content.space, remote, 1);
    ASSERT_TRUE(ended.failure) << name;
    EXPECT_EQ(ended.failure->detail, code);
    EXPECT_EQ(ended.rounds, 0u);
  }
}

TEST(importer_vectors, goes_on_where_a_version_ends_the_peer) {
  for (std::string name : {"rejected_version_node", "unknown_recipe_versioned"}) {
    const auto& session = session_case(name).at("sessions")[0];
    auto content = load_side(session.at("before").at("B").at("objects"), session.at("before").at("B").at("vheads"));
    recorded_exporter remote{session, "A"};
    auto ended = run_importer(*content.space, remote, 1);
    EXPECT_FALSE(ended.failure) << name << ": " << ended.failure->message;
    EXPECT_EQ(ended.rounds, 1u) << name;
    EXPECT_FALSE(ended.failed.empty()) << name;
  }
}

} // namespace lama::protocol::chum::testing
