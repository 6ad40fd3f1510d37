#include "actors/ui_gateway/call_queue.hpp"

#include "protocol/hash.hpp"
#include "protocol/jsonrpc/jsonrpc.hpp"

#include <algorithm>
#include <utility>

namespace lama::actors {

namespace {

using nlohmann::json;

std::optional<call_queue::entry> read_entry(const json& x) {
  auto text = [&x](const char* name) { return x.contains(name) && x[name].is_string() ? x[name].get<std::string>() : std::string{}; };
  if (!x.is_object() || !x.contains("params") || !x["params"].is_object() || text("id").empty() || text("method").empty())
    return std::nullopt;
  auto since = x.contains("since") && x["since"].is_number_integer() ? x["since"].get<int64_t>() : int64_t{0};
  return call_queue::entry{text("id"), text("method"), x["params"], since};
}

} // namespace

call_queue::call_queue(environment_ptr environment, const std::string& user)
    : environment_{std::move(environment)}, path_{std::string{to_string(environment_->settings.which)} + '/' + user + "/queue.json"} {
  auto text = environment_->files->read(path_);
  if (!text || !*text)
    return;
  auto parsed = protocol::jsonrpc::parse_bounded(**text);
  if (!parsed || !parsed->is_array()) {
    environment_->log(log_warning, "ui-gateway", path_ + " cannot be read; the calls that waited in it are forgotten");
    return;
  }
  for (const auto& x : *parsed)
    if (auto read = read_entry(x); read && entries_.size() < most_calls)
      entries_.push_back(std::move(*read));
}

result<done> call_queue::write(const std::deque<entry>& entries) const {
  auto all = json::array();
  for (const auto& x : entries)
    all.push_back({{"id", x.id}, {"method", x.method}, {"params", x.params}, {"since", x.since}});
  auto text = all.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > most_bytes)
    return fail(errc::overloaded, "Too much waits for the archive already.");
  return environment_->files->write(path_, text);
}

result<std::string> call_queue::add(const std::string& method, const json& params) {
  auto same = std::ranges::find_if(entries_, [&](const entry& x) { return x.method == method && x.params == params; });
  if (same != entries_.end())
    return same->id;
  if (entries_.size() >= most_calls)
    return fail(errc::overloaded, "Too many calls wait for the archive already.");
  auto changed = entries_;
  changed.push_back({to_hex(environment_->random().bytes(8)), method, params, environment_->clock->now_ms()});
  LAMA_CHECK(write(changed));
  entries_ = std::move(changed);
  return entries_.back().id;
}

result<bool> call_queue::remove(const std::string& id) {
  auto changed = entries_;
  if (std::erase_if(changed, [&id](const entry& x) { return x.id == id; }) == 0)
    return false;
  LAMA_CHECK(write(changed));
  entries_ = std::move(changed);
  return true;
}

} // namespace lama::actors
