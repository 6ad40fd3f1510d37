#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/views.hpp"
#include "protocol/versions/versions.hpp"

#include <utility>

/// A user's settings: LamaSetting objects, one a name, kept by this side alone (docs/architecture.md: settings come from nobody).
namespace lama::actors {

namespace {

constexpr std::size_t setting_name_bytes = 128;
/// One setting, as JSON: a preference, not a document.
constexpr std::size_t setting_bytes = 64u << 10;
constexpr std::size_t most_settings = 1000;

} // namespace

json settings_of(const storage::snapshot& from) {
  auto all = json::object();
  std::string after;
  do {
    auto page = from.objects_of_type("LamaSetting", 100, after);
    for (const auto& id : page.names)
      if (auto current = protocol::load_current(from, id))
        if (auto x = models::read_setting(*current); x && !x->content.is_null())
          all[x->key] = std::move(x->content);
    after = page.next;
  } while (!after.empty() && all.size() < most_settings);
  return all;
}

namespace channels {

void get_settings(gateway_pointer, const call_scope& x) {
  x.done({{"settings", settings_of(*x.user->store->read())}});
}

void update_settings(gateway_pointer self, const call_scope& x) {
  auto known = settings_of(*x.user->store->read());
  auto texts = std::make_shared<std::vector<std::string>>();
  for (const auto& [name, content] : x.parameters->items()) {
    if (name.empty() || name.size() > setting_name_bytes)
      return x.fail(bad_parameter("", "a setting's name has 1 to " + std::to_string(setting_name_bytes) + " bytes"));
    if (content.dump(-1, ' ', false, json::error_handler_t::replace).size() > setting_bytes)
      return x.fail(bad_parameter(name.c_str(), "a setting has at most " + std::to_string(setting_bytes) + " bytes"));
    if (content == known.value(name, json{}))
      continue;
    if (known.size() + texts->size() >= most_settings && !known.contains(name))
      return x.fail(lama::fail(errc::overloaded, "There are too many settings already."));
    LAMA_PARAMETER(text, models::text_of(models::lama_setting{name, content}));
    texts->push_back(std::move(text));
  }
  if (texts->empty())
    return x.done({{"settings", std::move(known)}});
  transact change{"update settings", [texts, user = x.user](storage::transaction& to) -> result<lama::done> {
                    for (const auto& text : *texts)
                      LAMA_CHECK(protocol::store_version(to, text, user->environment->clock->now_ms()));
                    return lama::done{};
                  }};
  self->request(x.user->writer(), self->state.deadline(), std::move(change)).then([self, x](const transacted&) { get_settings(self, x); }, x.failed());
}

} // namespace channels
} // namespace lama::actors
