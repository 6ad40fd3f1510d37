#include "protocol/chum/importer.hpp"

#include <algorithm>
#include <map>

namespace lama::protocol::chum {

namespace {

constexpr std::size_t reported_failures = 100;
constexpr std::size_t remembered_refusals = 1u << 16;

error to_error(const remote_error& reason) {
  auto code = reason.code == "UNKNOWN-SERVICE" ? errc::unsupported : reason.code == "SB-READ2" ? errc::not_found : errc::conflict;
  return fail(code, "The peer could not answer: " + reason.message, reason.code);
}

} // namespace

importer::importer(importer_options options, request_layer& layer) : options_(std::move(options)), layer_(layer) {
  // nop
}

fetch_context importer::context(const object_source& from, int64_t now_ms) {
  return {from, layer_, shared_, options_.fetch, out_, now_ms};
}

std::vector<action> importer::take_actions() {
  return std::exchange(out_, {});
}

std::optional<int64_t> importer::wait_until() const {
  return timer_;
}

// ---- greeting -------------------------------------------------------------------------------------------------------------------------------

void importer::start(int64_t now_ms) {
  state_ = state::waiting;
  timer_ = now_ms + options_.start_delay_ms;
}

void importer::tick(const object_source& from, int64_t now_ms) {
  if (!timer_ || *timer_ > now_ms)
    return;
  timer_.reset();
  switch (state_) {
  case state::waiting:
    return greet(now_ms);
  case state::greeting:
    if (greetings_sent_ > options_.greeting_repeats)
      return fail_with(fail(errc::timeout, "The peer does not say which version of CHUM it speaks."));
    return greet(now_ms);
  case state::idle:
    return begin_round(now_ms);
  default:
    return work(from, now_ms);
  }
}

void importer::greet(int64_t now_ms) {
  state_ = state::greeting;
  auto request = layer_.ask(service::protocol_version, json::array(), now_ms);
  if (!request)
    return fail_with(std::move(request).failure());
  greetings_.insert(*request);
  ++greetings_sent_;
  timer_ = now_ms + options_.greeting_repeat_ms;
}

void importer::greeted(const answer_received& answer, int64_t now_ms) {
  for (auto open : greetings_)
    layer_.forget(open);
  greetings_.clear();
  timer_.reset();
  if (answer.is_text || answer.data != 8)
    return fail_with(fail(errc::unsupported, "The peer speaks another version of CHUM than 8.", "CS-MISMATCH"));
  begin_round(now_ms);
}

void importer::greeting_failed(const error& reason, int64_t now_ms) {
  if (reason.detail != "UNKNOWN-SERVICE")
    return fail_with(reason);
  if (++unknown_answers_ > options_.unknown_repeats)
    return fail_with(fail(errc::unsupported, "The peer offers nothing: its exporter does not start.", "UNKNOWN-SERVICE"));
  greetings_sent_ = 0;
  state_ = state::waiting;
  timer_ = now_ms + options_.unknown_repeat_ms;
}

// ---- rounds ---------------------------------------------------------------------------------------------------------------------------------

void importer::begin_round(int64_t now_ms) {
  if (paused_) {
    state_ = state::idle;
    timer_.reset();
    return;
  }
  state_ = state::roots;
  again_ = false;
  timer_.reset();
  round_began_ms_ = now_ms;
  shared_.totals = {};
  auto request = layer_.ask(service::accessible_roots, json::array(), now_ms);
  if (!request)
    return fail_with(std::move(request).failure());
  own_request_ = *request;
}

void importer::take_roots(const answer_received& answer, const object_source& from, int64_t now_ms) {
  if (!answer.is_text)
    return fail_with(fail(errc::bad_input, "The peer's list of roots is not a text.", "DAH-PAO1"));
  auto roots = read_roots(answer.text);
  if (!roots)
    return fail_with(std::move(roots).failure());
  shared_.totals.roots = roots->size();
  std::map<hash, std::vector<root>> groups;
  std::vector<hash> order;
  for (auto& entry : *roots) {
    if (!is_wanted(entry, from))
      continue;
    ++shared_.totals.new_roots;
    if (entry.type != root_type::version_node) {
      todo_.push_back({std::move(entry)});
      continue;
    }
    auto [group, is_new] = groups.try_emplace(entry.id);
    if (is_new)
      order.push_back(entry.id);
    group->second.push_back(std::move(entry));
  }
  for (const auto& id : order)
    versions_.push_back(std::move(groups[id]));
  state_ = state::objects;
  work(from, now_ms);
}

/// Not here, and not refused for its type or for what it is known to be.
bool importer::is_wanted(const root& entry, const object_source& from) {
  if (from.contains(entry.name) || from.elsewhere(entry.name) || refused_.contains(entry.name))
    return false;
  if (entry.type == root_type::version_node && options_.is_own_offer && options_.is_own_offer(entry.name))
    return false;
  auto role = policy::role::root;
  std::string known_text;
  if (entry.type == root_type::id) {
    role = policy::role::id;
  } else if (entry.type == root_type::version_node) {
    role = policy::role::version;
    // The id object says whose it is, before the first byte is fetched.
    known_text = from.read(entry.id).value_or(std::string{});
    if (!known_text.empty() && classify(known_text).type != entry.one_type)
      known_text.clear();
  }
  auto judged = is_grant_type(entry.one_type) ? result<done>{fail(errc::forbidden, entry.one_type + " objects are never taken from a peer.")}
                                              : options_.fetch.judge(role, entry.one_type, known_text);
  if (!judged)
    report(entry, judged.failure());
  return static_cast<bool>(judged);
}

void importer::work(const object_source& from, int64_t now_ms) {
  if (state_ != state::objects && state_ != state::versions)
    return;
  auto now = context(from, now_ms);
  // Again while something changes: what one job gives up, another may be waiting for.
  for (auto changed = true; changed;) {
    for (auto& job : jobs_)
      job->pump(now);
    changed = collect_finished();
    while (!todo_.empty() && jobs_.size() < options_.parallel_roots) {
      jobs_.push_back(std::make_unique<import_job>(std::move(todo_.front())));
      todo_.pop_front();
      jobs_.back()->begin(now);
      changed = true;
    }
    if (!jobs_.empty())
      continue;
    if (state_ == state::versions)
      return end_round(now_ms);
    state_ = state::versions;
    todo_ = std::exchange(versions_, {});
    changed = true;
  }
}

bool importer::collect_finished() {
  for (const auto& job : jobs_)
    if (job->is_done())
      for (const auto& [what, reason] : job->failures())
        report(what, reason);
  return std::erase_if(jobs_, [](const auto& job) { return job->is_done(); }) > 0;
}

void importer::report(const root& what, const error& reason) {
  ++shared_.totals.failures;
  if (shared_.totals.failed.size() < reported_failures)
    shared_.totals.failed.push_back({what.name, what.one_type, reason});
  // What is forbidden or unknown stays so for this connection; the rest may heal and is tried again.
  if ((reason.code == errc::forbidden || reason.code == errc::unsupported) && refused_.size() < remembered_refusals)
    refused_.insert(what.name);
}

void importer::end_round(int64_t now_ms) {
  shared_.totals.number = ++rounds_;
  out_.push_back(std::exchange(shared_.totals, {}));
  if (!options_.keep_running)
    return leave(now_ms);
  state_ = state::idle;
  timer_ = again_ ? std::max(now_ms, round_began_ms_ + options_.event_gap_ms) : now_ms + options_.poll_ms;
  if (paused_)
    timer_.reset();
}

void importer::leave(int64_t now_ms) {
  auto request = layer_.ask(service::fin, json::array(), now_ms);
  state_ = state::leaving;
  timer_.reset();
  if (!request)
    return fail_with(std::move(request).failure());
  own_request_ = *request;
}

void importer::abandon(const object_source& from, int64_t now_ms) {
  auto now = context(from, now_ms);
  for (auto& job : jobs_)
    job->abandon(now);
  timer_.reset();
  state_ = state::failed;
}

void importer::fail_with(error reason) {
  state_ = state::failed;
  timer_.reset();
  out_.push_back(close_session{std::move(reason)});
}

void importer::new_root_announced(int64_t now_ms) {
  again_ = true;
  if (state_ == state::idle && !paused_)
    timer_ = std::min(timer_.value_or(now_ms), std::max(now_ms, round_began_ms_ + options_.event_gap_ms));
}

void importer::pause(bool yes, int64_t now_ms) {
  paused_ = yes;
  if (state_ != state::idle)
    return;
  timer_.reset();
  if (!yes)
    timer_ = now_ms;
}

// ---- events ---------------------------------------------------------------------------------------------------------------------------------

bool importer::receive(event& what, const object_source& from, int64_t now_ms) {
  if (auto* answer = std::get_if<answer_received>(&what))
    return take_answer(*answer, from, now_ms);
  if (auto* failed = std::get_if<answer_failed>(&what))
    return take_failure(failed->id, to_error(failed->error), from, now_ms);
  if (auto* piece = std::get_if<stream_piece>(&what))
    return take_stream(piece->id, piece, from, now_ms);
  if (auto* finished = std::get_if<stream_finished>(&what))
    return take_stream(finished->id, nullptr, from, now_ms);
  return false;
}

bool importer::expired(int64_t request, const object_source& from, int64_t now_ms) {
  // A greeting is repeated by a clock of its own.
  if (greetings_.erase(request) > 0)
    return true;
  return take_failure(request, fail(errc::timeout, "The peer did not answer in time."), from, now_ms);
}

bool importer::take_answer(answer_received& answer, const object_source& from, int64_t now_ms) {
  if (greetings_.contains(answer.id)) {
    greeted(answer, now_ms);
    return true;
  }
  if (own_request_ == answer.id) {
    own_request_.reset();
    if (state_ == state::leaving)
      state_ = state::finished;
    else
      take_roots(answer, from, now_ms);
    return true;
  }
  auto tree = shared_.requests.find(answer.id);
  if (tree == shared_.requests.end())
    return false;
  auto now = context(from, now_ms);
  tree->second->answered(now, answer);
  work(from, now_ms);
  return true;
}

bool importer::take_failure(int64_t request, const error& reason, const object_source& from, int64_t now_ms) {
  if (greetings_.erase(request) > 0) {
    greeting_failed(reason, now_ms);
    return true;
  }
  if (own_request_ == request) {
    own_request_.reset();
    if (state_ == state::leaving) {
      state_ = state::finished;
      return true;
    }
    // The peer's exporter can fail while it writes (§6.5): the next round will tell.
    report({root_type::id, {}, {}, "the list of roots"}, fail(errc::conflict, "The list of roots did not come: " + reason.message, reason.detail));
    end_round(now_ms);
    return true;
  }
  auto tree = shared_.requests.find(request);
  if (tree == shared_.requests.end())
    return false;
  auto now = context(from, now_ms);
  tree->second->answer_failed(now, request, reason);
  work(from, now_ms);
  return true;
}

bool importer::take_stream(int64_t request, stream_piece* piece, const object_source& from, int64_t now_ms) {
  auto tree = shared_.requests.find(request);
  if (tree == shared_.requests.end()) {
    layer_.forget(request);
    return take_failure(request, fail(errc::bad_input, "The peer answered with a stream where a text was asked for."), from, now_ms);
  }
  auto now = context(from, now_ms);
  if (piece)
    tree->second->piece(now, *piece);
  else
    tree->second->stream_finished(now, request);
  work(from, now_ms);
  return true;
}

void importer::stored(uint64_t batch, const result<done>& outcome, const object_source& from, int64_t now_ms) {
  auto now = context(from, now_ms);
  if (auto tree = shared_.batches.find(batch); tree != shared_.batches.end())
    tree->second->stored(now, outcome);
  for (auto& job : jobs_)
    if (job->awaited_batch() == batch)
      job->stored(outcome);
  work(from, now_ms);
}

void importer::blob_stored(uint64_t upload, const result<done>& outcome, const object_source& from, int64_t now_ms) {
  auto now = context(from, now_ms);
  if (auto tree = shared_.uploads.find(upload); tree != shared_.uploads.end())
    tree->second->blob_stored(now, upload, outcome);
  work(from, now_ms);
}

} // namespace lama::protocol::chum
