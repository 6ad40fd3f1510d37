#include "actors/scrubber/give_back.hpp"

#include "protocol/limits.hpp"
#include "protocol/policy/import_policy.hpp"

#include <algorithm>

namespace lama::actors {

namespace policy = protocol::policy;

bool passes_between_own(std::string_view type) {
  return policy::reach_of(policy::origin::archive_of_mine, type) != policy::reach::never;
}

given_back what_is_here(const storage::snapshot& from, const std::vector<hash>& names) {
  given_back found;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < std::min(names.size(), limits::sync_fetch_names) && bytes < given_back_bytes; ++i) {
    auto size = from.size_of(names[i]);
    if (!size || *size > limits::object_bytes || (bytes > 0 && bytes + *size > given_back_bytes))
      continue;
    auto content = from.read(names[i]);
    auto facts = content ? protocol::classify(*content) : protocol::content_type{};
    auto is_object = facts.kind == protocol::content_kind::object || facts.kind == protocol::content_kind::id_object;
    if (!content || (is_object && !passes_between_own(facts.type)))
      continue;
    bytes += content->size();
    found.contents.push_back(std::move(*content));
  }
  return found;
}

result<std::size_t> take_back(storage::transaction& to, const std::vector<hash>& asked, const std::vector<std::string>& contents) {
  std::size_t taken = 0;
  for (const auto& content : contents) {
    auto name = sha256(content);
    if (std::ranges::find(asked, name) == asked.end() || to.contains(name) || to.elsewhere(name))
      continue;
    auto kind = protocol::classify(content).kind;
    auto is_object = kind == protocol::content_kind::object || kind == protocol::content_kind::id_object;
    if (auto put = is_object ? to.put(content) : to.put_blob(content))
      ++taken;
    else if (put.failure().code == errc::io_failure || put.failure().code == errc::no_space)
      return put.failure();
  }
  return taken;
}

} // namespace lama::actors
