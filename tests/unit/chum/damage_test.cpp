#include "tests/unit/chum/two_machines.hpp"

#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

/// Messages that were damaged on purpose. What is checked is that nothing is stored that was not asked for, and (with sanitizers) that nothing breaks.
namespace lama::protocol::chum::testing {

namespace {

/// The same numbers in every run.
class dice {
public:
  uint32_t next(uint32_t bound) {
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<uint32_t>(state_ >> 33) % bound;
  }

private:
  uint64_t state_ = 42;
};

void damage(std::string& bytes, dice& chance) {
  if (bytes.empty())
    return;
  auto at = chance.next(static_cast<uint32_t>(bytes.size()));
  switch (chance.next(4)) {
  case 0:
    bytes[at] = static_cast<char>(chance.next(256));
    break;
  case 1:
    bytes.erase(at, 1 + chance.next(8));
    break;
  case 2:
    bytes.insert(at, bytes.substr(chance.next(static_cast<uint32_t>(bytes.size())), 8));
    break;
  default:
    bytes.resize(at);
  }
}

} // namespace

TEST(damage, the_request_layer_takes_any_bytes) {
  auto frames = lama::testing::load_vectors("chum_frames.json");
  std::vector<std::string> seeds;
  for (const auto& x : frames.at("cases")) {
    if (x.contains("in") && x.at("in").is_string())
      seeds.push_back(x.at("in"));
    if (x.contains("in") && x.at("in").is_array())
      for (const auto& message : x.at("in"))
        if (message.contains("text"))
          seeds.push_back(message.at("text"));
  }
  ASSERT_GT(seeds.size(), 40u);
  dice chance;
  request_layer layer;
  uint64_t taken = 0;
  uint64_t invalid = 0;
  for (int i = 0; i < 10'000; ++i) {
    if (i % 4 == 0) {
      layer = request_layer{}; // the recorded ids are small
      ASSERT_TRUE(layer.ask(50, json::array(), 0));
      ASSERT_TRUE(layer.ask(51, json::array(), 0));
    }
    auto text = seeds[chance.next(static_cast<uint32_t>(seeds.size()))];
    damage(text, chance);
    auto what = layer.receive_text(text, 0);
    ASSERT_TRUE(what);
    if (auto* request = std::get_if<request_received>(&*what))
      layer.answer_unknown(request->id, request->service);
    taken += std::holds_alternative<std::monostate>(*what) ? 0 : 1;
    damage(text, chance);
    layer.receive_binary(text, 0);
    invalid += i % 4 == 3 ? layer.statistics().requests_invalid : 0;
  }
  EXPECT_GT(taken, 200u);
  EXPECT_GT(invalid, 1000u);
}

TEST(damage, a_session_over_a_bad_line_stores_only_what_was_granted) {
  dice chance;
  for (int run = 0; run < 12; ++run) {
    machine alice{"alice"};
    machine bob{"bob"};
    wire between{alice, bob};
    auto made = models::create_one_to_one(alice.space, alice.person, bob.person, 1);
    ASSERT_TRUE(made);
    for (int i = 0; i < 3; ++i) {
      auto message = object_writer{"ChatMessage"}.text("text", std::to_string(i)).id_reference("sender", alice.person).finish();
      ASSERT_TRUE(models::post(alice.space, made->channel, message, models::sign_with(alice.person, alice.keys.secret_key), between.now + i));
    }
    std::set<hash> granted;
    for (const auto& name : alice.space.names())
      granted.insert(name);
    for (const auto& name : bob.space.names())
      granted.insert(name);
    between.tap = [&](machine&, outgoing& message) {
      if (chance.next(4) == 0)
        damage(message.bytes, chance);
      return true;
    };
    between.connect();
    between.run(between.now + 130'000);
    for (const auto& name : bob.space.names()) {
      auto is_edge = classify(*bob.space.read(name)).type == "VersionNodeEdge";
      EXPECT_TRUE(granted.contains(name) || is_edge) << *bob.space.read(name);
    }
    // Once the line is good again, everything arrives.
    between.disconnect();
    between.tap = nullptr;
    between.connect();
    between.run_rounds(1);
    EXPECT_EQ(current_data(bob.space, made->channel), current_data(alice.space, made->channel)) << "run " << run;
  }
}

} // namespace lama::protocol::chum::testing
