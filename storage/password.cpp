#include "storage/password.hpp"

#include <utility>

namespace lama::storage {

result<done> change_password(store& of, std::string_view old_password, std::string_view new_password, random_source& random,
                             const protocol::derivation_cost& cost) {
  auto view = of.read();
  auto record = view->note(models::password_note);
  if (!record)
    return view->trouble().value_or(
        fail(errc::corrupt, "The record that the password opens is lost, so the keys cannot be put behind another one. Restore a backup."));
  view.reset();
  LAMA_TRY(wrapping, models::decode_password_wrapping(*record));
  LAMA_TRY(changed, models::change_password(wrapping, old_password, new_password, random, cost));
  LAMA_TRY(change, of.begin());
  change->set_note(models::password_note, models::encode(changed));
  LAMA_CHECK(of.commit(std::move(change)));
  return done{};
}

} // namespace lama::storage
