#include "protocol/chum/request_layer.hpp"

#include "protocol/chum/exporter.hpp"
#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace lama::protocol::chum {

namespace {

const json& frames() {
  static const auto all = lama::testing::load_vectors("chum_frames.json");
  return all;
}

std::vector<json> frames_of(const std::string& kind) {
  std::vector<json> out;
  for (const auto& x : frames().at("cases"))
    if (x.at("kind") == kind)
      out.push_back(x);
  return out;
}

json decoded(const outgoing& message) {
  if (message.is_binary)
    return {{"kind", "binary"}, {"hex", to_hex(message.bytes)}};
  return {{"kind", "text"}, {"data", message.bytes}};
}

/// The services of the recorded test programs.
void serve(request_layer& layer, const request_received& request) {
  switch (request.service) {
  case 20:
    return layer.answer(request.id, 8);
  case 21:
    return layer.answer_text(request.id, "[]");
  case 22:
    return layer.answer_undefined(request.id);
  case 23:
    return layer.answer(request.id, nullptr);
  case 24:
    return layer.answer_error(request.id, {"Error", "boom", {}});
  case 25:
    return layer.answer_error(request.id, {"TypeError", "typed", "X-1"});
  case 26: {
    json types = json::array();
    for (const auto& x : request.args)
      types.push_back(is_undefined(x) ? "undefined" : x.is_string() ? "string" : "object");
    return layer.answer(request.id, {{"n", request.args.size()}, {"types", types}, {"a", request.args}});
  }
  case 28:
    return layer.answer(request.id, {{"a", undefined_text}, {"b", {undefined_text}}});
  default:
    return layer.answer_unknown(request.id, request.service);
  }
}

json undefined_to_wire(json args) {
  for (auto& x : args)
    if (x.is_object() && x.contains("undefined"))
      x = undefined_text;
  return args;
}

struct memory_blobs final : blob_source {
  std::string content;
  bool is_here = true;

  std::optional<uint64_t> size_of(const hash&) const override {
    return is_here ? std::optional<uint64_t>{content.size()} : std::nullopt;
  }
  result<std::string> read_range(const hash&, uint64_t offset, std::size_t length) const override {
    return content.substr(offset, length);
  }
};

} // namespace

TEST(request_layer, writes_requests_as_the_peer_does) {
  for (const auto& x : frames_of("request-out")) {
    request_layer layer;
    ASSERT_TRUE(layer.ask(x.at("serviceId"), undefined_to_wire(x.at("args")), 0));
    auto sent = layer.take_output();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].bytes, x.at("frame").get<std::string>()) << x.at("name");
  }
}

TEST(request_layer, writes_the_short_form_of_a_request_alike) {
  request_layer layer;
  auto name = sha256("x");
  layer.ask_for(service::object, name, 0);
  ASSERT_TRUE(layer.ask(service::object, json::array({name.hex()}), 0));
  auto sent = layer.take_output();
  ASSERT_EQ(sent.size(), 2u);
  sent[1].bytes.replace(sent[1].bytes.find("\"requestId\":1"), 13, "\"requestId\":0");
  EXPECT_EQ(sent[0].bytes, sent[1].bytes);
}

TEST(request_layer, counts_request_ids_from_zero) {
  for (const auto& x : frames_of("request-ids")) {
    request_layer layer;
    std::vector<std::string> expected = x.at("frames");
    for (const auto& frame : expected) {
      ASSERT_TRUE(layer.ask(1, json::array(), 0));
      auto sent = layer.take_output();
      ASSERT_EQ(sent.size(), 1u);
      EXPECT_EQ(sent[0].bytes, frame);
    }
  }
}

TEST(request_layer, refuses_what_cannot_be_sent) {
  for (const auto& x : frames_of("request-out-refused")) {
    request_layer layer;
    auto name = x.at("name").get<std::string>();
    // 1.5 is no service number that our interface could be given; -1 stands for it.
    auto number = x.contains("serviceId") && x.at("serviceId").is_number_integer() ? x.at("serviceId").get<int64_t>() : -1;
    auto args = name == "argument NaN" ? json::array({std::nan("")}) : name == "argument Infinity" ? json::array({HUGE_VAL}) : json::array();
    auto sent = layer.ask(args.empty() ? number : 1, args, 0);
    ASSERT_FALSE(sent) << name;
    EXPECT_EQ(sent.failure().detail, x.at("error").at("code").get<std::string>());
    EXPECT_TRUE(layer.take_output().empty());
  }
}

TEST(request_layer, answers_requests_as_the_peer_does) {
  std::size_t checked = 0;
  for (const auto& x : frames_of("request-in")) {
    // A service that answers with raw bytes does not exist here.
    if (x.at("name") == "binary result refused")
      continue;
    request_layer layer;
    auto what = layer.receive_text(x.at("in").get<std::string>(), 0);
    ASSERT_TRUE(what);
    if (const auto* request = std::get_if<request_received>(&*what))
      serve(layer, *request);
    json sent = json::array();
    for (const auto& message : layer.take_output())
      sent.push_back(decoded(message));
    ASSERT_EQ(sent.size(), x.at("out").size()) << x.at("name");
    for (std::size_t i = 0; i < sent.size(); ++i) // member order says nothing
      EXPECT_EQ(json::parse(sent[i].at("data").get<std::string>()), json::parse(x.at("out")[i].at("data").get<std::string>())) << x.at("name");
    EXPECT_EQ(layer.statistics().requests_received, x.at("requestsReceivedTotal").get<uint64_t>()) << x.at("name");
    EXPECT_EQ(layer.statistics().requests_invalid, x.at("requestsReceivedInvalid").get<uint64_t>()) << x.at("name");
    ++checked;
  }
  EXPECT_EQ(checked, 25u);
}

TEST(request_layer, takes_answers_as_the_peer_does) {
  // We keep the connection where the peer closes it (docs/protocol/03 §2.3, §4.3); an error answer without an error fails its request only.
  static const std::set<std::string> kept_open{"error without error property", "binary frame shorter than 8 bytes closes the connection",
                                               "binary frame of length 0 closes the connection"};
  for (const auto& x : frames_of("response-in")) {
    request_layer layer;
    for (int i = 0; i < x.at("openRequests").get<int>(); ++i)
      ASSERT_TRUE(layer.ask(50 + i, json::array(), 0));
    layer.take_output();
    json results = json::array();
    std::map<int64_t, std::string> streams;
    for (const auto& message : x.at("in")) {
      auto what = message.contains("text") ? layer.receive_text(message.at("text").get<std::string>(), 0)
                                           : result<event>{layer.receive_binary(from_hex(message.at("bin").get<std::string>()).value(), 0)};
      ASSERT_TRUE(what);
      if (const auto* answer = std::get_if<answer_received>(&*what))
        results.push_back(!answer->is_text && is_undefined(answer->data)
                              ? json{{"request", answer->id}, {"undefined", true}}
                              : json{{"request", answer->id}, {"value", answer->is_text ? json(answer->text) : answer->data}});
      else if (const auto* piece = std::get_if<stream_piece>(&*what))
        streams[piece->id] += piece->bytes;
      else if (const auto* finished = std::get_if<stream_finished>(&*what))
        results.push_back({{"request", finished->id}, {"value", sha256(streams[finished->id]).hex()}});
      else if (const auto* failed = std::get_if<answer_failed>(&*what))
        results.push_back({{"request", failed->id}, {"error", failed->error.code}});
    }
    json sent = json::array();
    for (const auto& message : layer.take_output())
      sent.push_back(decoded(message));
    EXPECT_EQ(sent, x.at("out")) << x.at("name");
    if (kept_open.contains(x.at("name"))) {
      EXPECT_EQ(results.size(), x.at("name") == "error without error property" ? 1u : 0u);
      continue;
    }
    json expected = json::array();
    for (auto outcome : x.at("results")) {
      if (outcome.contains("error"))
        outcome["error"] = outcome["error"].contains("cause") ? outcome["error"]["cause"]["code"] : outcome["error"]["code"];
      else if (outcome.contains("value") && outcome["value"].is_object())
        outcome["value"] = outcome["value"]["hash"];
      expected.push_back(outcome);
    }
    EXPECT_EQ(results, expected) << x.at("name");
  }
}

TEST(request_layer, streams_stored_files_as_the_peer_does) {
  for (const auto& x : frames_of("stream-out")) {
    auto name = x.at("name").get<std::string>();
    memory_blobs blobs;
    if (x.contains("contentHex"))
      blobs.content = from_hex(x.at("contentHex").get<std::string>()).value();
    else if (x.contains("content"))
      blobs.content = x.at("content");
    else if (name.starts_with("binary 150000"))
      for (std::size_t i = 0; i < 150000; ++i)
        blobs.content += static_cast<char>((i * 7 + (i >> 8) * 13) & 255);
    else if (name.starts_with("utf8 unit"))
      for (int i = 0; i < 30000; ++i)
        blobs.content += "a\xC3\xA9\xE2\x82\xAC";
    else
      blobs.is_here = name == "empty blob";
    auto wanted = hash::from_hex(x.at("hash").get<std::string>()).value();
    ASSERT_EQ(sha256(blobs.content) == wanted, blobs.is_here) << name;

    request_layer layer;
    exporter out{{}, std::make_shared<announced_hashes>(announced_hashes{wanted})};
    auto is_text = name.find("utf8") != std::string::npos;
    json request{
        {"requestId", x.at("requestId")}, {"type", "request"}, {"serviceId", 8}, {"args", {wanted.hex(), is_text ? json("utf8") : json(undefined_text)}}};
    auto asked = layer.receive_text(request.dump(), 0);
    ASSERT_TRUE(asked);
    memory_space nothing{standard_recipes()};
    out.handle(std::get<request_received>(*asked), nothing, layer);
    while (out.has_streams())
      out.send_stream_piece(blobs, layer);

    auto sent = layer.take_output();
    ASSERT_EQ(sent.size(), x.at("out").size()) << name;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const auto& expected = x.at("out")[i];
      if (expected.contains("headerHex")) {
        EXPECT_EQ(to_hex(sent[i].bytes.substr(0, 8)), expected.at("headerHex").get<std::string>());
        EXPECT_EQ(sha256(sent[i].bytes.substr(8)).hex(), expected.at("payloadSha256").get<std::string>());
      } else if (expected.contains("chunkUtf8Sha256")) {
        auto piece = json::parse(sent[i].bytes);
        EXPECT_EQ(sha256(piece.at("chunk").get<std::string>()).hex(), expected.at("chunkUtf8Sha256").get<std::string>());
        EXPECT_EQ(piece.at("encoding"), expected.at("encoding"));
      } else {
        EXPECT_EQ(decoded(sent[i]), expected) << name;
      }
    }
  }
}

TEST(request_layer, reads_the_quick_shapes_like_all_others) {
  std::string text = "<div>\"\\\n\x01 \xC3\xA4\xF0\x9F\x98\x80</div>";
  for (const auto* form : {R"({"responseId":0,"type":"data","data":)", R"({"type":"data","responseId":0,"data":)"}) {
    request_layer layer;
    ASSERT_TRUE(layer.ask(6, json::array(), 0));
    auto what = layer.receive_text(form + json(text).dump() + "}", 0);
    ASSERT_TRUE(what);
    auto* answer = std::get_if<answer_received>(&*what);
    ASSERT_TRUE(answer);
    EXPECT_TRUE(answer->is_text);
    EXPECT_EQ(answer->text, text);
  }
}

TEST(request_layer, reads_a_lone_surrogate_as_the_peer_hashes_it) {
  std::string out;
  EXPECT_TRUE(read_json_string(R"(a\ud800b\ud83d\ude00")", out));
  EXPECT_EQ(out, "a\xEF\xBF\xBD"
                 "b\xF0\x9F\x98\x80");
  EXPECT_FALSE(read_json_string(R"(a\ud80")", out));
  EXPECT_FALSE(read_json_string("a\n\"", out));
  EXPECT_FALSE(read_json_string("no end", out));
}

TEST(request_layer, ignores_json_that_is_too_deep_or_too_wide) {
  request_layer layer;
  std::string deep = R"({"requestId":0,"type":"request","serviceId":20,"args":)" + std::string(100'000, '[');
  EXPECT_TRUE(layer.receive_text(deep, 0));
  std::string wide = R"({"requestId":0,"type":"request","serviceId":20,"args":[0)";
  for (int i = 0; i < 70'000; ++i)
    wide += ",0";
  EXPECT_TRUE(layer.receive_text(wide + "]}", 0));
  EXPECT_EQ(layer.statistics().requests_invalid, 2u);
  EXPECT_EQ(layer.statistics().requests_received, 0u);
}

TEST(request_layer, closes_on_too_many_open_requests) {
  request_layer layer;
  for (std::size_t i = 0; i < limits::chum_open_requests; ++i)
    ASSERT_TRUE(layer.receive_text(R"({"requestId":)" + std::to_string(i) + R"(,"type":"request","serviceId":20,"args":[]})", 0));
  auto one_more = layer.receive_text(R"({"requestId":99999,"type":"request","serviceId":20,"args":[]})", 0);
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.failure().code, errc::overloaded);
}

TEST(request_layer, gives_up_requests_without_an_answer) {
  request_layer layer;
  ASSERT_TRUE(layer.ask(8, json::array(), 1000, 500));
  EXPECT_EQ(layer.next_deadline(), 1500);
  EXPECT_TRUE(layer.expire(1499).empty());
  // A piece shows that the peer is at work.
  std::string header(8, '\0');
  layer.receive_binary(header + "x", 1400);
  EXPECT_TRUE(layer.expire(1899).empty());
  EXPECT_EQ(layer.expire(1900), (std::vector<std::pair<int64_t, int64_t>>{{0, 8}}));
  auto late = layer.receive_text(R"({"responseId":0,"type":"stream-end"})", 2000);
  ASSERT_TRUE(late);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*late));
  EXPECT_EQ(layer.statistics().dropped, 1u);
}

TEST(request_layer, keeps_characters_whole_and_replaces_damaged_ones) {
  std::string bytes = "a\xE2\x82";
  EXPECT_EQ(take_text(bytes, false), "a");
  bytes += "\xAC";
  EXPECT_EQ(take_text(bytes, false), "\xE2\x82\xAC");
  EXPECT_EQ(bytes, "");
  bytes = "\xFF\xC0\x80z\xED\xA0\x80\xE2\x82";
  auto text = take_text(bytes, true);
  EXPECT_TRUE(json::parse("\"" + text + "\"", nullptr, false).is_string());
  EXPECT_TRUE(text.ends_with("\xEF\xBF\xBD"));
}

} // namespace lama::protocol::chum
