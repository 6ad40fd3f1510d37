#include "protocol/sync/exporter.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/own_channels.hpp"
#include "protocol/sync/grants.hpp"
#include "protocol/versions/versions.hpp"

#include <algorithm>
#include <unordered_set>

namespace lama::protocol::sync {

namespace {

/// Steps in one pump: some milliseconds.
constexpr int pump_steps = 512;
/// Lines of the change log read at a time, and looked at in one step.
constexpr std::size_t lines_page = 512;
/// So many lines that do not concern the remote are told to it as a new position, so that the next session need not read them again.
constexpr uint64_t silent_lines = 4096;
/// Objects of the version that the remote has which are recalled as known.
constexpr std::size_t recalled_objects = 256;

error broken(std::string what) {
  return fail(errc::bad_input, "The remote node does not keep to the sync protocol: " + std::move(what) + ".", "SYNC-STATE");
}

} // namespace

exporter::exporter(exporter_config config)
    : config_{std::move(config)}, known_{limits::sync_recent_names}, remote_versions_{limits::sync_recent_names / 8}, places_{limits::sync_recent_names / 8} {
  if (config_.resume.store == config_.store_id)
    taken_ = current_ = completed_ = told_ = acknowledged_ = held_ = config_.resume.sequence;
}

bool exporter::window_full() const {
  return sent_.size() >= limits::sync_window_batches || sent_bytes_ >= limits::sync_window_bytes;
}

walk_surroundings exporter::surroundings(const change_source& source) {
  auto window = running_ && running_->whole_list ? 0 : config_.entry_window;
  return {source, known_, out_, window, config_.blob_limit, config_.may_leave, config_.texts, config_.registered_as_texts};
}

bool exporter::pump(const change_source& source) {
  if (!std::exchange(resume_checked_, true) && taken_ > source.last_sequence())
    taken_ = current_ = completed_ = told_ = held_ = 0; // it remembers more than there ever was
  for (int i = 0; i < pump_steps; ++i) {
    if (window_full())
      return false;
    if (out_.full()) {
      flush(0);
      return true;
    }
    if (!requests_.empty()) {
      // Somebody waits for a page; what is pushed can wait. A batch belongs to one of both.
      if (out_request_ == 0 && !out_.empty())
        flush(0);
      else
        step_request(source);
    } else if (!config_.pushes || !step_push(source)) {
      finish_push();
      return false;
    }
  }
  return true;
}

void exporter::flush(uint8_t flags) {
  if (out_request_ == 0) {
    note_progress();
    flags |= std::exchange(next_flags_, uint8_t{0});
    told_caught_up_ = (flags & batch_flags::caught_up) != 0;
  }
  sent_batch record{next_number_++, completed_, 0, std::exchange(out_versions_, {})};
  auto message = out_.finish(record.number, completed_, out_request_, flags);
  told_ = completed_;
  record.bytes = message.size();
  sent_bytes_ += record.bytes;
  sent_.push_back(std::move(record));
  actions_.push_back(send{std::move(message)});
}

void exporter::finish_push() {
  if (!out_.empty() || !told_caught_up_ || completed_ - told_ >= silent_lines)
    flush(batch_flags::caught_up);
  note_held();
}

// -- push -----------------------------------------------------------------------------------------------------------------------------

/// False where nothing is left to do.
bool exporter::step_push(const change_source& source) {
  if (running_) {
    auto with = surroundings(source);
    if (auto state = push_walk_.step(with); state != tree_walk::state::working)
      end_job(state);
    return true;
  }
  if (!jobs_.empty()) {
    begin_job(source);
    return true;
  }
  completed_ = current_;
  if (lines_.empty())
    take_lines(source);
  if (lines_.empty())
    return false;
  auto line = std::move(lines_.front());
  lines_.pop_front();
  current_ = line.sequence;
  handle_line(line, source);
  return true;
}

/// Only new heads matter: all else is reached through them. Of several of one id the last is enough.
void exporter::take_lines(const change_source& source) {
  if (taken_ >= source.last_sequence())
    return;
  auto page = source.changes(taken_, lines_page);
  if (page.empty())
    return;
  taken_ = page.back().sequence;
  std::unordered_set<hash> later;
  std::vector<change_line> kept;
  for (auto i = page.rbegin(); i != page.rend(); ++i)
    if (i->kind == line_kind::head && later.insert(i->id).second)
      kept.push_back(std::move(*i));
  std::move(kept.rbegin(), kept.rend(), std::back_inserter(lines_));
  if (lines_.empty() || lines_.back().sequence != taken_)
    lines_.push_back({taken_, line_kind::object, {}, {}, {}}); // carries the position over the rest
}

void exporter::handle_line(const change_line& line, const change_source& source) {
  if (line.kind != line_kind::head)
    return;
  const auto& objects = source.objects();
  auto add = [&](const granted_target& target) { jobs_.push_back({target.name, target.all_versions, {}, {}, {}}); };
  if (line.type == "Group") {
    for (const auto& target : targets_of_group(objects, line.id, config_.remote_person))
      add(target);
  } else if (is_grant_type(line.type)) {
    if (auto target = target_of_grant(objects, line.id, config_.remote_person))
      add(*target);
  } else if (id_granted(objects, line.id, config_.remote_person)) {
    add({line.id, true});
  }
}

void exporter::begin_job(const change_source& source) {
  running_ = std::move(jobs_.front());
  jobs_.pop_front();
  noted_entry_.reset();
  if (!running_->all_versions)
    push_walk_.start({.root = running_->name});
  else if (!begin_version(source))
    running_.reset();
}

/// What the remote has of this id, by this session or by the note of an earlier one, bounds the walk. False: it has the current version.
bool exporter::begin_version(const change_source& source) {
  auto& x = *running_;
  const auto& objects = source.objects();
  x.data = current_data(objects, x.name);
  if (auto id_text = objects.read(x.name); x.data && config_.takes_version && id_text && !config_.takes_version(*id_text))
    x.data.reset();
  if (!x.data) {
    push_walk_.start({.root = x.name, .kind = reference_kind::id});
    return true;
  }
  // A message of long ago may have been deleted just now, and one of now is shown right only with all that was said of it.
  if (auto id_text = config_.entry_window > 0 ? objects.read(x.name) : std::nullopt)
    x.whole_list = channel_name(*id_text, objects.recipes()).starts_with(annotation_channels);
  tree_walk::order order{.root = *x.data};
  if (const auto* sent = remote_versions_.find(x.name)) {
    if (*sent == *x.data)
      return false;
    x.old_data = *sent;
    order.known_list = list_head(objects, *sent);
  } else if (auto note = trusts_frontiers_ ? source.frontier_of(x.name) : std::nullopt) {
    if (note->data)
      remote_versions_.set(x.name, *note->data);
    if (note->data == x.data)
      return false;
    x.old_data = note->data;
    order.known_list = note->entry ? note->entry : note->data ? list_head(objects, *note->data) : std::nullopt;
    if (note->data)
      for (const auto& name : tree_names(objects, *note->data, recalled_objects))
        known_.insert(name);
  }
  x.edge = edge_text_of_head(objects, x.name).value_or(std::string{});
  push_walk_.start(order);
  return true;
}

void exporter::end_job(tree_walk::state how) {
  auto x = std::move(*running_);
  running_.reset();
  if (how == tree_walk::state::failed) {
    ++skipped_; // as docs/protocol/03 §5.2 says for a grant whose object is absent
    return;
  }
  if (!x.all_versions || !x.data)
    return;
  auto edge = sha256(x.edge);
  if (!x.edge.empty() && !known_.contains(edge)) {
    out_.add(item_kind::version, edge, x.edge);
    known_.insert(edge);
  }
  remote_versions_.set(x.name, *x.data);
  out_versions_.push_back({x.name, {x.data, std::nullopt}, true, false});
  if (const auto& oldest = push_walk_.oldest_entry())
    places_.set(*oldest, x.name);
}

/// A long list that is cut off goes on, at the next session, above the last entry that was acknowledged.
void exporter::note_progress() {
  if (!running_ || !running_->all_versions || push_walk_.reached_entry() == noted_entry_)
    return;
  noted_entry_ = push_walk_.reached_entry();
  out_versions_.push_back({running_->name, {running_->old_data, noted_entry_}, false, false});
}

// -- what the remote says -------------------------------------------------------------------------------------------------------------

result<done> exporter::receive(const ack_frame& x) {
  if (x.number >= next_number_)
    return broken("it acknowledges what was not sent");
  while (!sent_.empty() && sent_.front().number <= x.number) {
    auto& batch = sent_.front();
    sent_bytes_ -= batch.bytes;
    acknowledged_ = held_ = batch.sequence;
    for (const auto& version : batch.versions) {
      if (!version.superseded)
        actions_.push_back(save_frontier{version.id, version.content});
      if (version.complete)
        actions_.push_back(delivered{version.id, *version.content.data});
    }
    sent_.pop_front();
  }
  note_held();
  return done{};
}

/// Nothing is on its way: what was walked is there.
void exporter::note_held() {
  if (sent_.empty() && out_.empty())
    held_ = completed_;
}

result<done> exporter::receive(const skip_frame& x) {
  push_walk_.skip_blob(x.blob, known_);
  answer_walk_.skip_blob(x.blob, known_);
  return done{};
}

/// The remote misses something that it should have: an old backup, a lost note. Everything is offered again, once.
result<done> exporter::receive(const restart_frame&) {
  if (std::exchange(restart_used_, true))
    return broken("it asks for a second restart");
  known_.clear();
  remote_versions_.clear();
  trusts_frontiers_ = false;
  lines_.clear();
  jobs_.clear();
  running_.reset();
  push_walk_.abandon();
  taken_ = current_ = completed_ = told_ = acknowledged_ = held_ = 0;
  told_caught_up_ = false;
  if (out_request_ == 0) {
    out_ = {};
    out_versions_.clear();
  }
  sent_.clear(); // they will not be acknowledged
  sent_bytes_ = 0;
  next_flags_ = batch_flags::restarted;
  return done{};
}

void exporter::remote_has(const hash& name) {
  known_.insert(name);
}

void exporter::remote_has_version(const hash& id, const hash& data) {
  remote_versions_.set(id, data);
  auto supersede = [&id](std::vector<sent_version>& versions) {
    for (auto& version : versions)
      version.superseded |= version.id == id;
  };
  supersede(out_versions_);
  for (auto& batch : sent_)
    supersede(batch.versions);
}

} // namespace lama::protocol::sync
