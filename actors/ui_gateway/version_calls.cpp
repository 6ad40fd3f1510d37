#include "actors/ui_gateway/version_calls.hpp"

#include "actors/ui_gateway/views.hpp"
#include "protocol/versions/history.hpp"

#include <utility>

namespace lama::actors::channels {

namespace {

constexpr std::size_t most_versions = 1000;

const char* name_of(protocol::version_node_kind kind) {
  switch (kind) {
  case protocol::version_node_kind::edge:
    return "edge";
  case protocol::version_node_kind::change:
    return "change";
  case protocol::version_node_kind::merge:
    return "merge";
  }
  return "";
}

json to_json(const protocol::listed_version& x) {
  return {{"node", x.node.hex()},
          {"hash", x.content.data.hex()},
          {"kind", name_of(x.content.kind)},
          {"time", time_text(static_cast<int64_t>(x.content.creation_time))},
          {"current", x.is_current}};
}

json to_json(const protocol::value_change& x) {
  json out{{"path", x.path}};
  if (x.before)
    out["before"] = *x.before;
  if (x.after)
    out["after"] = *x.after;
  return out;
}

/// The id that the call means: by itself, or by an object that is a version of it.
result<hash> id_in(const storage::snapshot& view, const call_scope& x) {
  LAMA_TRY(name, hash_parameter(x, "hash"));
  if (view.head(name))
    return name;
  auto text = view.read(name);
  auto facts = text ? protocol::examine(*text, view.recipes()) : result<protocol::object_facts>{lama::fail(errc::not_found, "")};
  if (facts && facts->id_hash && view.head(*facts->id_hash))
    return *facts->id_hash;
  return lama::fail(errc::not_found, name.hex() + " has no versions here; it must be a versioned object or its id (lama query shows both).");
}

/// A device is given the current version of what the archive writes (object_calls.cpp), not those before it.
bool has_more_in_archive(gateway_pointer self, const storage::snapshot& view, const hash& id) {
  auto text = self->state.is_archive() ? std::nullopt : view.read(id);
  return text && is_registered(protocol::classify(*text).type);
}

/// Where the archive has more, it answers, or `here` while it is away.
void ask_who_has_more(gateway_pointer self, const call_scope& x, const hash& id, std::function<void()> here) {
  if (!has_more_in_archive(self, *x.user->store->read(), id))
    return here();
  auto asking = x;
  asking.answer = [x, here = std::move(here)](call_outcome outcome) {
    if (!outcome.content && outcome.content.failure().code == errc::offline)
      here();
    else
      x.answer(std::move(outcome));
  };
  ask_archive(self, asking);
}

result<protocol::listed_version> version_in(const storage::snapshot& view, const call_scope& x, const hash& id, const char* name, const char* otherwise) {
  LAMA_TRY(meant, optional_text(x, name));
  return protocol::find_version(view, id, meant.empty() ? otherwise : meant);
}

} // namespace

namespace {

void list_here(const call_scope& x, const hash& id) {
  LAMA_PARAMETER(found, protocol::list_versions(*x.user->store->read(), id, most_versions));
  auto all = json::array();
  for (const auto& version : found.versions)
    all.push_back(to_json(version));
  x.done({{"versions", std::move(all)}});
}

void compare_here(const call_scope& x, const hash& id) {
  auto view = x.user->store->read();
  LAMA_PARAMETER(to, version_in(*view, x, id, "to", "0"));
  LAMA_PARAMETER(from, version_in(*view, x, id, "from", "1"));
  LAMA_PARAMETER(before, protocol::load(*view, from.content.data));
  LAMA_PARAMETER(after, protocol::load(*view, to.content.data));
  LAMA_PARAMETER(found, protocol::compare_versions(before, after, view->recipes()));
  auto changes = json::array();
  for (const auto& change : found.changes)
    changes.push_back(to_json(change));
  x.done({{"type", after.type}, {"from", to_json(from)}, {"to", to_json(to)}, {"changes", std::move(changes)}, {"complete", found.complete}});
}

} // namespace

void versions(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(id, id_in(*x.user->store->read(), x));
  ask_who_has_more(self, x, id, [x, id] { list_here(x, id); });
}

void version_changes(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(id, id_in(*x.user->store->read(), x));
  ask_who_has_more(self, x, id, [x, id] { compare_here(x, id); });
}

void restore_version(gateway_pointer self, const call_scope& x) {
  auto view = x.user->store->read();
  LAMA_PARAMETER(id, id_in(*view, x));
  LAMA_PARAMETER(meant, text_parameter(x, "version"));
  if (has_more_in_archive(self, *view, id))
    return ask_archive(self, x);
  if (auto text = view->read(id); x.who.forwarded && !(text && is_registered(protocol::classify(*text).type)))
    return x.fail(lama::fail(errc::forbidden, "From the device only objects of registered types are changed here."));
  auto restored = std::make_shared<protocol::stored_version>();
  transact change{"restore version", [id, meant, restored, user = x.user](storage::transaction& to) -> result<lama::done> {
                    LAMA_TRY(version, protocol::find_version(to, id, meant));
                    LAMA_TRY(stored, protocol::restore_version(to, id, version.node, user->environment->clock->now_ms()));
                    *restored = stored;
                    return lama::done{};
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change))
      .then(
          [x, restored](const transacted&) {
            x.done({{"hash", restored->data.hex()}, {"node", restored->head.hex()}});
          },
          x.failed());
}

} // namespace lama::actors::channels
