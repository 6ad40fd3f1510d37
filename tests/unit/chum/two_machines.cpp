#include "tests/unit/chum/two_machines.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace lama::protocol::chum::testing {

namespace {

struct counting_random final : random_source {
  uint8_t next = 1;
  void fill(std::span<uint8_t> bytes) override {
    for (auto& x : bytes)
      x = next++;
  }
};

} // namespace

machine::machine(const std::string& name_of) : name(name_of) {
  person = put(object_writer{"Person", true}.text("email", name + "@lama.local").finish());
  counting_random random;
  random.next = static_cast<uint8_t>(name[0]);
  keys = make_signing_keys(random);
}

hash machine::put(const std::string& text) {
  auto stored = space.put(text);
  EXPECT_TRUE(stored) << (stored ? "" : stored.failure().message);
  return stored ? stored->name : hash{};
}

hash machine::put_blob(const std::string& bytes) {
  return space.put_blob(bytes)->name;
}

void machine::share(const hash& object_name, const machine& with) {
  ASSERT_TRUE(models::grant(space, models::object_target(object_name), {{with.person}, {}}, models::grant_mode::add, 1));
}

void machine::share_id(const hash& id, const machine& with) {
  ASSERT_TRUE(models::grant(space, models::id_target(id), {{with.person}, {}}, models::grant_mode::add, 1));
}

std::size_t machine::requests_of(int64_t service) const {
  auto part = "\"serviceId\":" + std::to_string(service) + ",";
  return static_cast<std::size_t>(std::count_if(sent.begin(), sent.end(), [&](const auto& text) { return text.find(part) != std::string::npos; }));
}

wire::wire(machine& a, machine& b) : a_(a), b_(b) {
  // nop
}

session_options wire::options_for(const machine& of) const {
  const auto& remote = &of == &a_ ? b_ : a_;
  session_options out;
  out.exporter.remote.person = remote.person;
  out.importer.fetch.judge = judge_for({policy::origin::contact, of.person, remote.person}, standard_recipes());
  return out;
}

void wire::connect(std::optional<session_options> for_a, std::optional<session_options> for_b) {
  letters_.clear();
  for (auto* side : {&a_, &b_}) {
    auto& chosen = side == &a_ ? for_a : for_b;
    side->chum = std::make_unique<session>(chosen ? *chosen : options_for(*side), side->announced);
    side->rounds.clear();
    side->sent.clear();
    side->closed.reset();
    side->uploads.clear();
  }
  a_.chum->start(now);
  b_.chum->start(now);
}

void wire::disconnect() {
  letters_.clear();
  for (auto* side : {&a_, &b_}) {
    side->chum->connection_closed(side->space, now);
    for (auto& what : side->chum->take_actions())
      if (auto* batch = std::get_if<store_batch>(&what)) {
        EXPECT_TRUE(apply(side->space, *batch));
      }
    side->announced->clear();
  }
}

void wire::perform(machine& of, action& what) {
  auto send = [&](outgoing message) {
    of.binaries_sent += message.is_binary ? 1 : 0;
    if (!message.is_binary)
      of.sent.push_back(message.bytes);
    if (!tap || tap(of, message))
      letters_.push_back({&other(of), std::move(message)});
  };
  if (auto* text = std::get_if<send_text>(&what)) {
    send({false, std::move(text->text)});
  } else if (auto* binary = std::get_if<send_binary>(&what)) {
    send({true, std::move(binary->bytes)});
  } else if (auto* batch = std::get_if<store_batch>(&what)) {
    ++of.batches;
    auto outcome = std::exchange(of.fails_next_batch, false) ? result<done>{fail(errc::no_space, "full")} : apply(of.space, *batch);
    of.chum->stored(batch->number, outcome, of.space, now);
  } else if (auto* piece = std::get_if<blob_piece>(&what)) {
    of.uploads.at(piece->upload) += piece->bytes;
  } else if (auto* begin = std::get_if<blob_begin>(&what)) {
    of.uploads[begin->upload];
  } else if (auto* cancel = std::get_if<blob_cancel>(&what)) {
    of.uploads.erase(cancel->upload);
  } else if (auto* end = std::get_if<blob_finish>(&what)) {
    ++of.uploads_finished;
    EXPECT_EQ(of.put_blob(of.uploads.at(end->upload)), end->name);
    of.chum->blob_stored(end->upload, done{}, of.space, now);
  } else if (auto* round = std::get_if<round_complete>(&what)) {
    of.rounds.push_back(std::move(*round));
  } else if (auto* asks = std::get_if<remote_asks>(&what)) {
    of.asked.push_back(std::move(*asks));
  } else if (auto* answers = std::get_if<remote_answers>(&what)) {
    of.answered.push_back(std::move(*answers));
  } else if (auto* closing = std::get_if<close_session>(&what)) {
    of.closed = std::move(*closing);
  }
}

bool wire::settle() {
  auto moved = false;
  for (auto* side : {&a_, &b_}) {
    if (side->chum->has_streams()) {
      side->chum->send_stream_piece(small_blobs{side->space});
      moved = true;
    }
    for (auto& what : side->chum->take_actions()) {
      perform(*side, what);
      moved = true;
    }
  }
  if (!letters_.empty()) {
    auto next = std::move(letters_.front());
    letters_.pop_front();
    if (next.message.is_binary)
      next.to->chum->receive_binary(next.message.bytes, next.to->space, now);
    else
      next.to->chum->receive_text(next.message.bytes, next.to->space, now);
    moved = true;
  }
  return moved;
}

void wire::run(int64_t until_ms) {
  for (int steps = 0; steps < 1'000'000; ++steps) {
    if (settle())
      continue;
    auto next = until_ms;
    for (auto* side : {&a_, &b_})
      if (auto due = side->chum->wait_until())
        next = std::min(next, std::max(*due, now));
    if (next >= until_ms && now >= until_ms)
      return;
    now = next;
    a_.chum->tick(a_.space, now);
    b_.chum->tick(b_.space, now);
    if (now >= until_ms && !settle())
      return;
  }
  FAIL() << "the two machines do not come to rest";
}

void wire::run_rounds(std::size_t count) {
  auto limit = now + 60'000;
  auto is_there = [&](const machine& x) { return x.rounds.size() >= count || x.chum->is_closed(); };
  while (now < limit && !(is_there(a_) && is_there(b_)))
    run(now + 100);
  ASSERT_TRUE(is_there(a_) && is_there(b_)) << "the rounds did not end";
}

std::string person_name(const std::string& name) {
  return object_writer{"PersonName"}.text("name", name).finish();
}

} // namespace lama::protocol::chum::testing
