#include "protocol/connection/session.hpp"

#include "protocol/connection/text.hpp"
#include "protocol/limits.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace lama::protocol {

namespace {

constexpr std::chrono::milliseconds patience{limits::handshake_ms};
constexpr std::string_view close_called = "Close called";
constexpr std::string_view terminate_called = "Terminate called";

/// Padding and tag come on top of a message.
constexpr std::size_t early_frame_bytes = limits::handshake_message_bytes + 1024;

} // namespace

session::session(random_source& random) : role_(connection_role::acceptor), random_(random) {
  // nop
}

session::session(initiator_settings settings, random_source& random)
    : role_(connection_role::initiator), random_(random), group_(std::move(settings.group)), token_(std::move(settings.token)), self_(std::move(settings.self)),
      own_key_(settings.own_key), remote_key_(settings.remote_key) {
  // nop
}

session::~session() {
  wipe(shared_);
  wipe(ephemeral_.secret_key);
  wipe(challenge_);
}

void session::opened(time_point now) {
  if (step_ != step::idle)
    return;
  now_ = now;
  deadline_ = now + patience;
  attempt(begin());
}

void session::receive(wire_frame frame, time_point now) {
  if (step_ == step::idle || step_ == step::closed || (step_ == step::decide_identity && !channel_))
    return;
  now_ = now;
  if (step_ != step::established && frame.bytes.size() > early_frame_bytes) {
    auto why = "Received message that is too long before the connection is established.";
    finish(close_called, why, fail(errc::too_large, why));
    return;
  }
  std::optional<message> content;
  if (channel_) {
    auto opened = channel_->receive(std::move(frame), now);
    if (!opened) {
      finish(close_called, opened.failure().message, opened.failure());
      return;
    }
    content = std::move(*opened);
  } else {
    content = message{frame.text, std::move(frame.bytes)};
  }
  if (!content)
    return;
  if (queue_.size() == limits::queued_step_messages) {
    auto why = "Queue is full, it reached its maximum length of " + std::to_string(limits::queued_step_messages);
    finish(close_called, why, fail(errc::overloaded, why));
    return;
  }
  queue_.push_back(std::move(*content));
  drain();
}

void session::closed(std::string_view reason) {
  auto ended = step_;
  queue_.clear();
  channel_.reset();
  deadline_.reset();
  // A pairing's initiator closes as soon as it has said who it is: the host may still be storing that.
  if (ended == step::decide_identity && !initiator())
    return;
  step_ = step::closed;
  if (ended == step::established || ended == step::lingering || ended == step::closed)
    return;
  auto before = ended == step::idle ? "The connection was not opened. " : "The connection was closed. ";
  actions_.push_back(action::failed{fail(errc::offline, before + std::string{reason})});
}

void session::tick(time_point now) {
  if (step_ == step::idle || step_ == step::closed)
    return;
  now_ = now;
  if (deadline_ && now >= *deadline_) {
    if (step_ == step::lingering) {
      finish(close_called, {}, std::nullopt);
      return;
    }
    auto why = "The connection was not established within " + std::to_string(patience.count() / 1000) + " seconds";
    finish(close_called, "Error: " + why, fail(errc::timeout, why));
    return;
  }
  if (!channel_)
    return;
  std::vector<wire_frame> frames;
  auto alive = channel_->tick(now, frames);
  if (!alive)
    finish(alive.failure().code == errc::timeout ? terminate_called : close_called, alive.failure().message, alive.failure());
  else
    send_frames(std::move(frames));
}

std::optional<time_point> session::next_deadline() const {
  if (channel_ && deadline_)
    return std::min(*deadline_, channel_->next_deadline());
  return channel_ ? std::optional{channel_->next_deadline()} : deadline_;
}

void session::provide_shared_key(std::optional<key32> key, time_point now) {
  if (step_ != step::need_long_term_key && step_ != step::need_person_key)
    return;
  now_ = now;
  attempt(step_ == step::need_long_term_key ? on_long_term_key(key) : on_person_key(key));
}

void session::provide_identity(own_side self, time_point now) {
  if (step_ != step::need_identity)
    return;
  now_ = now;
  self_ = std::move(self);
  attempt(on_own_side());
}

void session::proceed(time_point now) {
  auto answered = step_;
  now_ = now;
  switch (answered) {
  case step::decide_group:
    attempt(begin_identity());
    break;
  case step::decide_peer:
    attempt(begin_group());
    break;
  case step::decide_token:
    step_ = step::await_identity;
    attempt(say(messages::identity(self())));
    break;
  case step::decide_identity:
    attempt(end_pairing());
    break;
  default:
    break;
  }
}

void session::refuse(std::string_view why) {
  if (step_ == step::decide_group || step_ == step::decide_peer || step_ == step::decide_token || step_ == step::decide_identity)
    finish(close_called, why, std::nullopt);
}

result<done> session::send_text(std::string_view text, time_point now) {
  if (step_ != step::established)
    return fail(errc::conflict, "the connection is not established");
  now_ = now;
  return say(text);
}

result<done> session::send_binary(std::string_view bytes, time_point now) {
  if (step_ != step::established)
    return fail(errc::conflict, "the connection is not established");
  now_ = now;
  return say_bytes(bytes);
}

void session::close(std::string_view why) {
  if (step_ == step::idle)
    step_ = step::closed;
  else if (step_ != step::closed)
    finish(close_called, why, std::nullopt);
}

std::vector<session_action> session::take_actions() {
  return std::exchange(actions_, {});
}

/// While the host is asked, what arrives has to wait.
bool session::asks_host() const {
  switch (step_) {
  case step::need_long_term_key:
  case step::need_identity:
  case step::need_person_key:
  case step::decide_group:
  case step::decide_peer:
  case step::decide_token:
  case step::decide_identity:
    return true;
  default:
    return false;
  }
}

/// Each message either moves the step on, or ends the connection, or is for the host: no more than ten rounds.
void session::drain() {
  while (!queue_.empty() && !asks_host()) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    auto outcome = dispatch(std::move(next));
    if (!outcome)
      finish(close_called, "Error: " + outcome.failure().message, outcome.failure());
  }
}

result<done> session::dispatch(message content) {
  switch (step_) {
  case step::await_request:
    return on_request(content);
  case step::await_ready:
    return on_ready(content);
  case step::await_ephemeral:
    return on_ephemeral(content);
  case step::await_group:
    return on_group(content);
  case step::await_sync:
    LAMA_CHECK(messages::read_sync(content));
    return begin_identity();
  case step::await_person:
    return on_person(content);
  case step::await_keys:
    return on_keys(content);
  case step::await_challenge:
    return on_challenge(content);
  case step::await_response:
    return on_response(content);
  case step::await_instance:
    return on_instance(content);
  case step::await_synchronisation:
    return on_synchronisation(content);
  case step::await_token:
    return on_token(content);
  case step::await_identity:
    return on_identity(content);
  case step::await_hello:
    return on_hello(content);
  case step::established:
    actions_.push_back(action::received{std::move(content)});
    return done{};
  default:
    return fail(errc::bad_input, "Received message that was not expected.", "UNEXPECTED-MESSAGE");
  }
}

/// The end of every input that may have moved the step: looks at what was waiting.
void session::attempt(result<done> outcome) {
  if (!outcome)
    finish(close_called, "Error: " + outcome.failure().message, outcome.failure());
  drain();
}

void session::finish(std::string_view prefix, std::string_view why, std::optional<error> failure) {
  auto ended = std::exchange(step_, step::closed);
  if (ended == step::closed || (ended == step::decide_identity && !channel_))
    return;
  queue_.clear();
  channel_.reset();
  deadline_.reset();
  actions_.push_back(action::close{close_text(prefix, why)});
  if (failure)
    actions_.push_back(action::failed{std::move(*failure)});
}

void session::send_frames(std::vector<wire_frame> frames) {
  for (auto& frame : frames)
    actions_.push_back(action::send_frame{std::move(frame)});
}

result<done> session::say(std::string_view text) {
  std::vector<wire_frame> frames;
  LAMA_CHECK(channel_->send_text(text, now_, frames));
  send_frames(std::move(frames));
  return done{};
}

result<done> session::say_bytes(std::string_view bytes) {
  std::vector<wire_frame> frames;
  LAMA_CHECK(channel_->send_binary(bytes, now_, frames));
  send_frames(std::move(frames));
  return done{};
}

void session::send_raw(bool text, std::string bytes) {
  actions_.push_back(action::send_frame{{text, std::move(bytes)}});
}

void session::become_established(bool proven_by_secret, uint16_t ipc_version) {
  step_ = step::established;
  deadline_.reset();
  channel_->limit_messages(group_ == "ipc" ? limits::ipc_message_bytes : limits::assembled_message_bytes);
  actions_.push_back(action::established{group_, proven_by_secret, ipc_version});
}

} // namespace lama::protocol
