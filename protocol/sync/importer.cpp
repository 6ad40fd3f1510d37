#include "protocol/sync/importer.hpp"

#include "protocol/limits.hpp"
#include "protocol/sync/importer_errors.hpp"

#include <algorithm>

namespace lama::protocol::sync {

importer::importer(importer_config config, exporter* own_exporter)
    : config_{std::move(config)}, own_exporter_{own_exporter}, reached_{config_.sequence}, present_{limits::sync_recent_names},
      missing_{limits::sync_recent_names / 8}, declined_{limits::sync_recent_names / 8}, versions_{limits::sync_recent_names / 8} {
  // nop
}

result<done> importer::receive(batch_frame x, std::shared_ptr<const std::string> message, const object_source& objects) {
  LAMA_CHECK(check_header(x));
  if ((x.flags & batch_flags::restarted) != 0) {
    waiting_for_restart_ = false;
    uploads_[0] = {};
    begun_ = false;
  }
  if (waiting_for_restart_ && x.request == 0)
    return done{}; // sent before it heard of the restart
  // The first may: it does not know the position that we told, or knows better.
  if (x.sequence < reached_ && x.request == 0 && begun_)
    return broken("its position goes back");

  std::vector<frontier_note> brought;
  if (auto checked = check_items(x, brought, objects); !checked) {
    if (checked.failure().detail != missing_reference || x.request != 0 || restart_used_)
      return checked;
    give_up(x);
    ask_for_restart();
    return done{};
  }
  pending_batch record{x.number, x.sequence, x.request, x.flags};
  bool nothing_to_do = x.items.empty() && (x.request != 0 || x.sequence == reached_) && pending_.empty();
  if (x.request == 0) {
    reached_ = x.sequence;
    begun_ = true;
  }
  pending_.push_back(record);
  if (nothing_to_do)
    return stored(x.number);
  actions_.push_back(commit_batch{x.number, std::move(message), std::move(x.items), {config_.remote_store, reached_}, std::move(brought)});
  return done{};
}

result<done> importer::check_header(const batch_frame& x) {
  if (x.number != next_number_)
    return broken("batch " + std::to_string(x.number) + " where " + std::to_string(next_number_) + " was to come");
  ++next_number_;
  // Twice the window: after a restart it starts anew on the other side.
  if (pending_.size() >= 2 * limits::sync_window_batches)
    return broken("it sends more than the window allows");
  if (x.request != 0 && !requests_.contains(x.request))
    return broken("it answers what nobody asked");
  if (x.request == 0 ? (x.flags & batch_flags::last) != 0 : (x.flags & ~batch_flags::last) != 0)
    return broken("flags that do not belong there");
  if ((x.flags & batch_flags::restarted) != 0 && !waiting_for_restart_)
    return broken("a restart that nobody asked for");
  return done{};
}

/// The names of a batch that is given up are taken back: they will not be stored.
void importer::give_up(const batch_frame& x) {
  for (const auto& rejected : x.items) {
    present_.erase(rejected.name);
    if (const auto* version = versions_.find(rejected.name))
      present_.erase(version->id);
  }
}

bool importer::ask_for_restart() {
  if (std::exchange(restart_used_, true))
    return false;
  waiting_for_restart_ = true;
  actions_.push_back(send{write_frame(restart_frame{})});
  return true;
}

result<done> importer::stored(uint64_t number) {
  if (pending_.empty() || pending_.front().number > number)
    return done{};
  uint64_t last = 0;
  std::vector<pending_batch> finished;
  while (!pending_.empty() && pending_.front().number <= number) {
    last = pending_.front().number;
    finished.push_back(pending_.front());
    pending_.pop_front();
  }
  actions_.push_back(send{write_frame(ack_frame{last})});
  for (const auto& x : finished)
    finish(x);
  return done{};
}

void importer::finish(const pending_batch& x) {
  if ((x.flags & batch_flags::caught_up) != 0)
    actions_.push_back(caught_up{x.sequence});
  if ((x.flags & batch_flags::last) != 0) {
    requests_.erase(x.request);
    healing_.erase(x.request);
    actions_.push_back(answered{x.request, done{}});
  }
}

result<done> importer::receive(const refused_frame& x) {
  if (requests_.erase(x.request) == 0)
    return broken("it refuses what nobody asked");
  uploads_[1] = {};
  healing_.erase(x.request);
  actions_.push_back(answered{x.request, fail(x.code, "The remote node does not give what was asked for.")});
  return done{};
}

result<uint32_t> importer::ask(const page_request& what) {
  return open(page_frame{next_request_, what}, next_request_);
}

result<uint32_t> importer::ask(const fetch_request& what) {
  if (what.names.empty() || what.names.size() > limits::sync_fetch_names)
    return fail(errc::bad_input, "A fetch names 1 to " + std::to_string(limits::sync_fetch_names) + " objects.");
  return open(fetch_frame{next_request_, what}, next_request_);
}

result<uint32_t> importer::ask(const heal_request& what) {
  if (what.names.empty() || what.names.size() > limits::sync_fetch_names)
    return fail(errc::bad_input, "One asks for 1 to " + std::to_string(limits::sync_fetch_names) + " lost objects at a time.");
  LAMA_TRY(request, open(heal_frame{next_request_, what}, next_request_));
  healing_[request].insert(what.names.begin(), what.names.end());
  return request;
}

result<uint32_t> importer::open(frame x, uint32_t number) {
  if (requests_.size() >= limits::sync_open_requests)
    return fail(errc::overloaded, "Too many pages are asked for at a time.");
  if (auto* page = std::get_if<page_frame>(&x); page != nullptr && (page->what.count == 0 || page->what.count > limits::sync_page_entries))
    return fail(errc::bad_input, "A page has 1 to " + std::to_string(limits::sync_page_entries) + " entries.");
  ++next_request_;
  requests_.insert(number);
  actions_.push_back(send{write_frame(x)});
  return number;
}

} // namespace lama::protocol::sync
