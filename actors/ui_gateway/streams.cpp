#include "actors/ui_gateway/streams.hpp"

#include "protocol/environment.hpp"
#include "protocol/hash.hpp"

#include <utility>

namespace lama::actors {

result<std::string> stream_table::open(const std::string& user, chunk_source source, time_point now) {
  std::erase_if(streams_, [now](const auto& x) { return !x.second->asked && now - x.second->last > idle; });
  if (streams_.size() >= most_streams)
    return fail(errc::overloaded, "Too many streams are open; read or cancel some.");
  auto name = to_hex(system_random().bytes(16));
  streams_.emplace(name, std::make_shared<stream>(stream{user, std::move(source), false, 0, 0, now}));
  return name;
}

std::shared_ptr<stream_table::stream> stream_table::find(const std::string& name, const std::string& user) {
  auto found = streams_.find(name);
  return found == streams_.end() || found->second->user != user ? nullptr : found->second;
}

void stream_table::close(const std::string& name) {
  streams_.erase(name);
}

} // namespace lama::actors
