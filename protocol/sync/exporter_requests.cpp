#include "protocol/sync/exporter.hpp"

#include "protocol/limits.hpp"
#include "protocol/sync/grants.hpp"

#include <algorithm>
#include <unordered_set>

/// Pages and fetches (docs/chum-extension.md §5): what is sent must be reached by a grant, and whoever asks proves how.
namespace lama::protocol::sync {

namespace {

error not_granted() {
  return fail(errc::forbidden, "What the remote node asks for is not granted to it.");
}

error not_there() {
  return fail(errc::not_found, "What the remote node asks for is not here.");
}

/// Those that take a place in a list: `before` of a page, `via` of a fetch.
const std::optional<hash>& sought(const std::variant<page_request, fetch_request, heal_request>& x) {
  auto* page = std::get_if<page_request>(&x);
  return page != nullptr ? page->before : std::get<fetch_request>(x).via;
}

} // namespace

result<done> exporter::receive(const page_frame& x) {
  open_request request;
  request.number = x.request;
  request.what = x.what;
  return open(std::move(request));
}

result<done> exporter::receive(const fetch_frame& x) {
  open_request request;
  request.number = x.request;
  request.what = x.what;
  return open(std::move(request));
}

result<done> exporter::receive(const heal_frame& x) {
  open_request request;
  request.number = x.request;
  request.what = x.what;
  return open(std::move(request));
}

result<done> exporter::open(open_request x) {
  if (x.number == 0 || requests_.size() >= limits::sync_open_requests)
    return fail(errc::bad_input, "The remote node has too many requests open.", "SYNC-STATE");
  requests_.push_back(std::move(x));
  return done{};
}

void exporter::step_request(const change_source& source) {
  auto& x = requests_.front();
  out_request_ = x.number;
  auto stepped = !x.prepared ? prepare(x, source) : x.seeking ? seek(x, source) : !x.begun ? begin_answer(x, source) : step_answer(x, source);
  if (!stepped)
    refuse(stepped.failure().code);
}

void exporter::refuse(errc code) {
  if (!out_.empty())
    flush(0);
  actions_.push_back(send{write_frame(refused_frame{requests_.front().number, code})});
  requests_.pop_front();
  answer_walk_.abandon();
  out_request_ = 0;
}

result<done> exporter::prepare(open_request& x, const change_source& source) {
  x.prepared = true;
  if (!config_.pushes)
    return not_granted();
  if (std::holds_alternative<heal_request>(x.what))
    return config_.gives_back ? result<done>{done{}} : not_granted();
  auto* page = std::get_if<page_request>(&x.what);
  return page != nullptr ? prepare_page(x, *page, source) : prepare_fetch(x, std::get<fetch_request>(x.what), source);
}

result<done> exporter::prepare_page(open_request& x, const page_request& page, const change_source& source) {
  const auto& objects = source.objects();
  if (!id_granted(objects, page.id, config_.remote_person))
    return not_granted();
  auto data = current_data(objects, page.id);
  x.cursor = data ? list_head(objects, *data) : std::nullopt;
  x.seeking = page.before || page.before_ms;
  if (!page.before)
    return done{};
  if (const auto* channel = places_.find(*page.before); channel != nullptr && *channel == page.id) {
    LAMA_TRY(entry, read_entry(objects, *page.before));
    x.cursor = entry.previous;
    x.seeking = false;
  }
  return done{};
}

result<done> exporter::prepare_fetch(open_request& x, const fetch_request& fetch, const change_source& source) {
  const auto& objects = source.objects();
  if (!fetch.id)
    return !fetch.via || object_granted(objects, *fetch.via, config_.remote_person) ? result<done>{done{}} : not_granted();
  if (!id_granted(objects, *fetch.id, config_.remote_person))
    return not_granted();
  if (!fetch.via)
    return done{};
  if (const auto* channel = places_.find(*fetch.via); channel != nullptr && *channel == *fetch.id)
    return done{};
  auto data = current_data(objects, *fetch.id);
  x.cursor = data ? list_head(objects, *data) : std::nullopt;
  x.seeking = true;
  return done{};
}

/// One entry down the list. An entry that a merge has rebuilt is not found: its place can be asked for by time.
result<done> exporter::seek(open_request& x, const change_source& source) {
  auto* page = std::get_if<page_request>(&x.what);
  bool by_time = page != nullptr && !page->before;
  if (!x.cursor && by_time) {
    x.seeking = false; // nothing is older: an empty page
    return done{};
  }
  if (!x.cursor || ++x.walked > limits::sync_list_entries)
    return not_there();
  LAMA_TRY(entry, read_entry(source.objects(), *x.cursor));
  bool found = false;
  if (by_time) {
    LAMA_TRY(place, place_of(source.objects(), entry));
    found = place.timestamp < static_cast<double>(*page->before_ms);
  } else {
    found = x.cursor == sought(x.what);
  }
  if (!found) {
    x.cursor = entry.previous;
    return done{};
  }
  places_.set(*x.cursor, page != nullptr ? page->id : *std::get<fetch_request>(x.what).id);
  if (page != nullptr && page->before)
    x.cursor = entry.previous;
  x.seeking = false;
  return done{};
}

result<done> exporter::begin_answer(open_request& x, const change_source& source) {
  x.begun = true;
  if (auto* page = std::get_if<page_request>(&x.what)) {
    if (x.cursor)
      answer_walk_.start({.root = *x.cursor, .again = true, .page_entries = page->count});
    return done{};
  }
  if (auto* heal = std::get_if<heal_request>(&x.what)) {
    x.roots.assign(heal->names.rbegin(), heal->names.rend());
    return done{};
  }
  const auto& fetch = std::get<fetch_request>(x.what);
  LAMA_CHECK(prove(fetch, source));
  x.roots.assign(fetch.names.rbegin(), fetch.names.rend());
  return done{};
}

/// Each name was sent or named in this session, or is in the tree of what was shown to be granted.
result<done> exporter::prove(const fetch_request& fetch, const change_source& source) {
  auto root = fetch.via ? fetch.via : fetch.id ? current_data(source.objects(), *fetch.id) : std::nullopt;
  std::unordered_set<hash> reached;
  for (const auto& name : fetch.names) {
    if (known_.contains(name))
      continue;
    if (root && reached.empty()) {
      auto names = tree_names(source.objects(), *root, limits::sync_proof_objects);
      reached.insert(names.begin(), names.end());
    }
    if (!reached.contains(name))
      return not_granted();
  }
  return done{};
}

result<done> exporter::step_answer(open_request& x, const change_source& source) {
  if (answer_walk_.active()) {
    auto with = surroundings(source);
    auto state = answer_walk_.step(with);
    if (state == tree_walk::state::failed)
      return answer_walk_.failure();
    if (auto* page = std::get_if<page_request>(&x.what); page != nullptr && state == tree_walk::state::done && answer_walk_.oldest_entry())
      places_.set(*answer_walk_.oldest_entry(), page->id);
    return done{};
  }
  if (std::holds_alternative<heal_request>(x.what))
    return step_healing(x, source);
  if (!x.roots.empty()) {
    answer_walk_.start({.root = x.roots.back(), .again = true, .no_lists = true});
    x.roots.pop_back();
    return done{};
  }
  end_answer();
  return done{};
}

/// One name after the other. What is not here, or does not leave, is left out without a word.
result<done> exporter::step_healing(open_request& x, const change_source& source) {
  if (x.roots.empty()) {
    end_answer();
    return done{};
  }
  auto name = x.roots.back();
  x.roots.pop_back();
  if (!source.size_of(name))
    return done{};
  auto text = source.objects().read(name); // nothing where it is a large blob
  auto content = text ? classify(*text) : content_type{};
  bool is_object = content.kind == content_kind::object || content.kind == content_kind::id_object;
  if (!is_object || (!is_grant_type(content.type) && config_.gives_back(content.type)))
    answer_walk_.start({.root = name, .again = true, .alone = true});
  return done{};
}

void exporter::end_answer() {
  flush(batch_flags::last);
  requests_.pop_front();
  out_request_ = 0;
}

} // namespace lama::protocol::sync
