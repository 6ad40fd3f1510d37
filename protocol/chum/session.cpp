#include "protocol/chum/session.hpp"

#include <algorithm>
#include <iterator>

namespace lama::protocol::chum {

session::session(session_options options, std::shared_ptr<announced_hashes> announced)
    : options_(std::move(options)), exporter_(options_.exporter, std::move(announced)),
      importer_(
          [this] {
            auto importing = options_.importer;
            if (!importing.is_own_offer)
              importing.is_own_offer = [this](const hash& node) { return exporter_.offers(node); };
            return importing;
          }(),
          layer_) {
  // nop
}

void session::start(int64_t) {
  if (state_ != state::created)
    return;
  state_ = state::synchronising;
  out_.push_back(send_text{"synchronisation"});
}

void session::start_synchronised(int64_t now_ms) {
  if (state_ == state::created)
    synchronised(now_ms);
}

void session::synchronised(int64_t now_ms) {
  state_ = state::running;
  if (options_.imports)
    importer_.start(now_ms);
}

void session::receive_text(std::string_view text, const object_source& from, int64_t now_ms) {
  // The peer does not look at this message either; what matters is that it is the first (docs/protocol/03 §1).
  if (state_ == state::synchronising)
    return synchronised(now_ms);
  if (state_ != state::running)
    return;
  auto what = layer_.receive_text(text, now_ms);
  if (!what)
    return close(std::move(what).failure());
  take(std::move(*what), from, now_ms);
}

void session::receive_binary(std::string_view bytes, const object_source& from, int64_t now_ms) {
  if (state_ == state::synchronising)
    return synchronised(now_ms);
  if (state_ == state::running)
    take(layer_.receive_binary(bytes, now_ms), from, now_ms);
}

void session::take(event what, const object_source& from, int64_t now_ms) {
  if (auto* request = std::get_if<request_received>(&what)) {
    handle(*request, from, now_ms);
  } else if (auto* refused = std::get_if<stream_refused>(&what)) {
    exporter_.stream_refused(refused->id);
  } else if (auto* answer = std::get_if<answer_received>(&what); answer && is_own(answer->id, answer->is_text ? json(answer->text) : answer->data, now_ms)) {
    // told
  } else if (auto* failed = std::get_if<answer_failed>(&what);
             failed &&
             is_own(failed->id, fail(failed->error.code == "UNKNOWN-SERVICE" ? errc::unsupported : errc::conflict, failed->error.message, failed->error.code),
                    now_ms)) {
    // told
  } else {
    importer_.receive(what, from, now_ms);
  }
  settle(now_ms);
}

void session::handle(request_received& request, const object_source& from, int64_t now_ms) {
  if (request.service == service::new_accessible_root && options_.imports && !importer_.is_finished()) {
    layer_.answer_undefined(request.id);
    importer_.new_root_announced(now_ms);
  } else if (options_.extra_services.contains(request.service)) {
    out_.push_back(remote_asks{std::move(request)});
  } else if (options_.exports) {
    exporter_.handle(request, from, layer_);
  } else {
    layer_.answer_unknown(request.id, request.service);
  }
}

/// The host's own requests, and the notice of new roots.
bool session::is_own(int64_t request, const result<json>& outcome, int64_t now_ms) {
  if (notice_ == request) {
    notice_.reset();
    if (notice_again_)
      roots_changed(now_ms);
    return true;
  }
  if (own_requests_.erase(request) == 0)
    return false;
  out_.push_back(remote_answers{request, outcome});
  return true;
}

void session::tick(const object_source& from, int64_t now_ms) {
  if (state_ != state::running)
    return;
  for (const auto& [request, service] : layer_.expire(now_ms))
    if (!is_own(request, fail(errc::timeout, "The peer did not answer service " + std::to_string(service) + " in time."), now_ms))
      importer_.expired(request, from, now_ms);
  importer_.tick(from, now_ms);
  settle(now_ms);
}

std::optional<int64_t> session::wait_until() const {
  if (state_ != state::running)
    return std::nullopt;
  auto deadline = layer_.next_deadline();
  auto timer = importer_.wait_until();
  return deadline && timer ? std::min(*deadline, *timer) : deadline ? deadline : timer;
}

void session::stored(uint64_t batch, const result<done>& outcome, const object_source& from, int64_t now_ms) {
  if (state_ != state::running)
    return;
  importer_.stored(batch, outcome, from, now_ms);
  settle(now_ms);
}

void session::blob_stored(uint64_t upload, const result<done>& outcome, const object_source& from, int64_t now_ms) {
  if (state_ != state::running)
    return;
  importer_.blob_stored(upload, outcome, from, now_ms);
  settle(now_ms);
}

void session::send_stream_piece(const blob_source& blobs) {
  if (state_ == state::running)
    exporter_.send_stream_piece(blobs, layer_);
}

void session::connection_closed(const object_source& from, int64_t now_ms) {
  if (state_ == state::running)
    importer_.abandon(from, now_ms);
  state_ = state::closed;
}

void session::roots_changed(int64_t now_ms) {
  // Before the start there is nothing to tell: the remote's first round is still to come.
  if (state_ != state::running || !options_.exports || exporter_.is_finished())
    return;
  // One at a time; what changes meanwhile is told when it was answered.
  notice_again_ = notice_.has_value();
  if (notice_again_)
    return;
  if (auto request = layer_.ask(service::new_accessible_root, json::array(), now_ms))
    notice_ = *request;
}

void session::pause_import(bool yes, int64_t now_ms) {
  importer_.pause(yes, now_ms);
}

result<int64_t> session::ask(int64_t service, const json& args, int64_t now_ms) {
  if (state_ != state::running)
    return fail(errc::offline, "The session with the peer is not running.");
  LAMA_TRY(request, layer_.ask(service, args, now_ms));
  own_requests_.insert(request);
  return request;
}

void session::answer(int64_t request, const json& data) {
  layer_.answer(request, data);
}

void session::answer_error(int64_t request, const remote_error& failure) {
  layer_.answer_error(request, failure);
}

/// The session ends when both halves have (docs/protocol/03 §6.6); a half that is switched off waits for the other.
void session::settle(int64_t) {
  auto exported = !options_.exports || exporter_.is_finished();
  auto imported = !options_.imports || importer_.is_finished();
  auto is_over = exported && imported && (options_.exports || options_.imports) && !exporter_.has_streams();
  if (state_ == state::running && is_over)
    close(std::nullopt);
}

void session::close(std::optional<error> failure) {
  out_.push_back(close_session{std::move(failure)});
}

std::vector<action> session::take_actions() {
  auto out = std::exchange(out_, {});
  for (auto& message : layer_.take_output()) {
    if (message.is_binary)
      out.push_back(send_binary{std::move(message.bytes)});
    else
      out.push_back(send_text{std::move(message.bytes)});
  }
  auto imported = importer_.take_actions();
  std::move(imported.begin(), imported.end(), std::back_inserter(out));
  // The end comes last and once: the answer to FIN goes out before it.
  std::optional<close_session> end;
  std::erase_if(out, [&](action& x) {
    auto* closing = std::get_if<close_session>(&x);
    if (closing && (!end || !end->failure)) // a failure says more than that both halves are over
      end = std::move(*closing);
    return closing != nullptr;
  });
  if (end && state_ != state::closed) {
    state_ = state::closed;
    out.push_back(std::move(*end));
  }
  return out;
}

} // namespace lama::protocol::chum
