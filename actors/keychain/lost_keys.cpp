#include "actors/keychain/lost_keys.hpp"

namespace lama::actors {

std::vector<std::string> lost_keys(const storage::snapshot& from, const std::vector<hash>& owners, const protocol::key32& master) {
  std::vector<std::string> texts;
  for (const auto& [note, record] : from.notes(models::secret_keys_note)) {
    auto name = hash::from_hex(std::string_view{note}.substr(models::secret_keys_note.size()));
    if (!name || from.read(*name))
      continue;
    auto sealed = models::decode_sealed_keys(record);
    auto secret = sealed ? models::open(*sealed, master) : result<models::secret_keys>{sealed.failure()};
    if (!secret)
      continue;
    for (const auto& owner : owners)
      if (auto text = models::keys_text(owner, *secret); sha256(text) == *name)
        texts.push_back(std::move(text));
  }
  return texts;
}

} // namespace lama::actors
