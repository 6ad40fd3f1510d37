#include "protocol/objects/object_space.hpp"

namespace lama::protocol {

result<object> load(const object_source& from, const hash& name) {
  auto text = from.read(name);
  if (!text)
    return fail(errc::not_found, "object " + name.hex() + " is not here");
  auto is_id = classify(*text).kind == content_kind::id_object;
  auto parsed = is_id ? parse_id_object(*text, from.recipes()) : parse_object(*text, from.recipes());
  if (!parsed && parsed.failure().code == errc::unsupported)
    return fail(errc::unsupported, "object " + name.hex() + " cannot be read here: " + parsed.failure().message, parsed.failure().detail);
  if (!parsed)
    return fail(errc::corrupt, "object " + name.hex() + " does not parse: " + parsed.failure().message, parsed.failure().detail);
  return parsed;
}

std::optional<hash> current_data(const object_source& from, const hash& id) {
  auto head = from.head(id);
  if (!head)
    return std::nullopt;
  auto node = load(from, *head);
  return node ? node->reference("data") : std::nullopt;
}

result<object> load_current(const object_source& from, const hash& id) {
  auto data = current_data(from, id);
  if (!data)
    return fail(errc::not_found, "there is no current version of " + id.hex());
  return load(from, *data);
}

} // namespace lama::protocol
