#include "protocol/models/vocabulary.hpp"

#include <cmath>

namespace lama::models {

namespace {

/// The last millisecond that a JavaScript date can say.
constexpr double last_moment = 8.64e15;

} // namespace

int64_t to_milliseconds(double x) {
  if (std::isnan(x))
    return 0;
  if (x > last_moment)
    return static_cast<int64_t>(last_moment);
  if (x < -last_moment)
    return static_cast<int64_t>(-last_moment);
  return static_cast<int64_t>(std::floor(x));
}

result<hash> store_text(object_space& space, std::string_view text) {
  LAMA_TRY(stored, space.put(text));
  return stored.name;
}

bool is_current(const object_source& from, const hash& id, const hash& version) {
  return protocol::current_data(from, id) == version;
}

signer sign_with(const hash& person, const key64& secret) {
  return {person, [secret](std::string_view message) { return protocol::sign(message, secret); }};
}

signer sign_from(const hash& person, std::map<hash, std::string> signatures) {
  return {person, [known = std::move(signatures)](std::string_view message) {
            auto over = hash::from_hex(message);
            auto found = over ? known.find(*over) : known.end();
            return found == known.end() ? std::string{} : found->second;
          }};
}

} // namespace lama::models
