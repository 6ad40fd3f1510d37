#include "protocol/chum/session.hpp"

#include "tests/unit/chum/storage_of_vectors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

/// The recorded sessions, with our exporter in the place of the one that answered.
namespace lama::protocol::chum::testing {

namespace {

struct recorded {
  json request;
  std::vector<json> answers; ///< messages
};

/// The requests of `asker` in order, each with its answers.
std::vector<recorded> requests_of(const json& session, const std::string& asker) {
  std::vector<recorded> out;
  std::map<int64_t, std::size_t> by_id;
  for (const auto& message : session.at("messages")) {
    auto is_text = message.at("kind") == "text";
    auto content = is_text ? json::parse(message.at("data").get<std::string>()) : json{};
    if (message.at("from") == asker && is_text && content.contains("requestId")) {
      by_id[content.at("requestId")] = out.size();
      out.push_back({content, {}});
    } else if (message.at("from") != asker && is_text && content.contains("responseId")) {
      out.at(by_id.at(content.at("responseId"))).answers.push_back(message);
    } else if (message.at("from") != asker && message.at("kind") == "binary") {
      out.at(by_id.at(message.at("requestId"))).answers.push_back(message);
    }
  }
  return out;
}

/// A stand-in for the other side: the exporter of `owner`, as it was before the session.
class replayed_exporter {
public:
  replayed_exporter(side content, const hash& remote) : content_(std::move(content)), exporter_(options(remote), std::make_shared<announced_hashes>()) {
    // nop
  }

  std::vector<outgoing> answer(const json& request) {
    auto asked = layer_.receive_text(request.dump(), 0);
    if (!asked || !std::holds_alternative<request_received>(*asked))
      return {};
    exporter_.handle(std::get<request_received>(*asked), *content_.space, layer_);
    while (exporter_.has_streams())
      exporter_.send_stream_piece(small_blobs{*content_.space}, layer_);
    return layer_.take_output();
  }

  memory_space& space() {
    return *content_.space;
  }

private:
  static exporter_options options(const hash& remote) {
    return {{remote, true, version_offer::history}, 1u << 20};
  }

  side content_;
  request_layer layer_;
  exporter exporter_;
};

std::vector<std::string> sorted_list(const json& text) {
  std::vector<std::string> out;
  for (const auto& entry : json::parse(text.get<std::string>()))
    out.push_back(entry.dump());
  std::sort(out.begin(), out.end());
  return out;
}

void expect_same_answer(const json& request, const outgoing& ours, const json& theirs) {
  auto where = request.dump();
  if (theirs.at("kind") == "binary") {
    ASSERT_TRUE(ours.is_binary) << where;
    EXPECT_EQ(to_hex(ours.bytes.substr(0, 8)), theirs.at("headerHex").get<std::string>()) << where;
    EXPECT_EQ(sha256(ours.bytes.substr(8)).hex(), theirs.at("payloadSha256").get<std::string>()) << where;
    return;
  }
  auto mine = json::parse(ours.bytes);
  auto other = json::parse(theirs.at("data").get<std::string>());
  if (other.at("type") == "error") {
    ASSERT_EQ(mine.at("type"), "error") << where << ours.bytes;
    EXPECT_EQ(mine.at("error").at("code"), other.at("error").at("code")) << where;
    EXPECT_EQ(mine.at("error").at("name"), other.at("error").at("name")) << where;
    return;
  }
  if (request.at("serviceId") == 2) {
    ASSERT_TRUE(mine.contains("data")) << ours.bytes;
    EXPECT_EQ(sorted_list(mine.at("data")), sorted_list(other.at("data"))) << where;
    return;
  }
  EXPECT_EQ(mine, other) << where;
}

/// Answers that a stock exporter would not have given so, or gave only in this recording.
struct exception {
  const char* test_case;
  std::size_t session;
  const char* asker;
  int service;
  const char* reason;
};
constexpr exception exceptions[] = {
    {"group_access", 0, "B", 2, "we serve grants to groups, the peer does not without a filter (§5.2)"},
    {"rejected_types", 0, "B", 2, "we do not offer Group and Access: nobody takes them (§6.5)"},
    {"rejected_types", 0, "B", 4, "of a root that we do not offer"},
    {"rejected_types", 0, "B", 5, "of a root that we do not offer"},
    {"rejected_types", 0, "B", 6, "of a root that we do not offer"},
    {"rejected_types", 0, "B", 7, "of a root that we do not offer"},
    {"rejected_version_node", 0, "B", 2, "we do not offer the versions of a Group: that ends the peer's importer (§6.5)"},
    {"rejected_version_node", 0, "B", 4, "of a root that we do not offer"},
    {"rejected_version_node", 0, "B", 5, "of a root that we do not offer"},
    {"rejected_version_node", 0, "B", 6, "of a root that we do not offer"},
    {"rejected_version_node", 0, "B", 7, "of a root that we do not offer"},
    {"access_to_missing_object", 0, "B", 2, "we skip a grant on what is absent, the peer fails the whole list (§5.2)"},
    {"corrupted_object", 0, "B", 6, "the recording's transport damaged the answer"},
    {"missing_child_in_list", 0, "B", 4, "the recording's transport damaged the answer"},
    {"version_mismatch", 0, "B", 1, "the recording's transport damaged the answer"},
    {"bad_roots", 0, "B", 2, "the recording's transport damaged the answer"},
    {"exporter_late", 0, "B", 1, "the exporter was switched off: session_test, switched_off_halves"},
};

bool is_exception(const std::string& test_case, std::size_t session, const std::string& asker, int service) {
  return std::any_of(std::begin(exceptions), std::end(exceptions),
                     [&](const auto& x) { return x.test_case == test_case && x.session == session && x.asker == asker && x.service == service; });
}

} // namespace

TEST(exporter_vectors, answers_recorded_requests_like_the_peer) {
  std::size_t checked = 0;
  for (const auto& test_case : sessions().at("cases")) {
    if (!test_case.contains("sessions"))
      continue;
    auto name = test_case.at("name").get<std::string>();
    for (std::size_t i = 0; i < test_case.at("sessions").size(); ++i) {
      const auto& session = test_case.at("sessions")[i];
      for (std::string asker : {"A", "B"}) {
        SCOPED_TRACE(name + ", session " + std::to_string(i) + ", asked by " + asker);
        std::string owner = asker == "A" ? "B" : "A";
        const auto& before = session.at("before").at(owner);
        replayed_exporter ours{load_side(before.at("objects"), before.at("vheads")), hash_of(test_case.at("persons").at(asker))};
        auto lists = 0;
        for (const auto& [request, answers] : requests_of(session, asker)) {
          // What `live_update` adds is there in the second round.
          if (request.at("serviceId") == 2 && ++lists == 2)
            add_objects(ours.space(), session.at("after").at(owner).at("added"), session.at("after").at(owner).at("vheads"));
          auto sent = ours.answer(request);
          if (answers.empty() || is_exception(name, i, asker, request.at("serviceId")))
            continue;
          ASSERT_EQ(sent.size(), answers.size()) << request;
          for (std::size_t k = 0; k < sent.size(); ++k)
            expect_same_answer(request, sent[k], answers[k]);
          ++checked;
        }
      }
    }
  }
  EXPECT_GT(checked, 500u);
}

TEST(exporter_vectors, answers_the_probe_step_by_step) {
  const auto& probe = session_case("exporter_probe");
  const auto& storage = probe.at("storageOfA");
  auto content = load_side(storage.at("objects"), storage.at("vheads"));
  session_options options;
  options.exporter.remote = {hash_of(probe.at("persons").at("B")), true, version_offer::history};
  options.importer.fetch.judge = [](auto, auto, auto) -> result<done> { return done{}; };
  session ours{options, std::make_shared<announced_hashes>()};
  ours.start(0);
  ours.receive_text("synchronisation", *content.space, 0);
  ours.take_actions();
  for (const auto& step : probe.at("steps")) {
    auto note = step.at("note").get<std::string>();
    auto request = json::parse(step.at("request").get<std::string>());
    ours.receive_text(request.dump(), *content.space, 0);
    while (ours.has_streams())
      ours.send_stream_piece(small_blobs{*content.space});
    auto actions = ours.take_actions();
    const auto& answers = step.at("answers");
    ASSERT_EQ(actions.size(), answers.size()) << note;
    for (std::size_t i = 0; i < actions.size(); ++i) {
      if (answers[i].is_object()) {
        ASSERT_TRUE(std::holds_alternative<send_binary>(actions[i])) << note;
        EXPECT_EQ(to_hex(std::get<send_binary>(actions[i]).bytes), answers[i].at("binaryHex").get<std::string>()) << note;
      } else {
        ASSERT_TRUE(std::holds_alternative<send_text>(actions[i])) << note;
        expect_same_answer(request, {false, std::get<send_text>(actions[i]).text}, {{"kind", "text"}, {"data", answers[i]}});
      }
    }
  }
}

} // namespace lama::protocol::chum::testing
