#include "protocol/models/keychain.hpp"

#include <nlohmann/json.hpp>

#include <sodium.h>

namespace lama::models {

namespace {

constexpr std::size_t salt_bytes = 16;
constexpr std::size_t sealed_32_bytes = 72;  // nonce 24, tag 16, content 32
constexpr std::size_t sealed_64_bytes = 104; // nonce 24, tag 16, content 64
/// Records are local, but a damaged one must not cost all memory: 2^20 · 8 · 128 bytes = 1 GiB is more than anybody chose.
constexpr uint64_t most_n = 1u << 20;
constexpr uint32_t most_r = 32;
constexpr uint32_t most_p = 16;
/// A password record has about 300 bytes.
constexpr std::size_t most_record = 4096;

error bad_record(const char* what) {
  return fail(errc::corrupt, std::string{"the keychain record is damaged ("} + what + ")");
}

/// A secretbox with the nonce before it; the same construction as the "embedded nonce" of docs/protocol/02 §1.
std::string seal_bytes(std::string_view plain, const key32& key, random_source& random) {
  return protocol::seal_box(plain, key, random);
}

result<key32> open_master(std::string_view sealed, const key32& key) {
  if (sealed.size() != sealed_32_bytes)
    return bad_record("the wrapped master key has a wrong size");
  auto plain = protocol::open_box(sealed, key);
  if (!plain)
    return fail(errc::wrong_secret, "this password or secret does not open the keychain", "CYENC-SYMDEC");
  auto master = protocol::key32_from_bytes(*plain);
  protocol::wipe(*plain);
  if (!master)
    return bad_record("the master key has a wrong size");
  return *master;
}

bool plausible(const protocol::derivation_cost& cost) {
  return cost.n >= 2 && cost.n <= most_n && (cost.n & (cost.n - 1)) == 0 && cost.r >= 1 && cost.r <= most_r && cost.p >= 1 && cost.p <= most_p;
}

key32 purpose_key(const key32& secret, std::string_view purpose) {
  auto derived = protocol::hmac_sha256(protocol::view(secret), "lama keychain " + std::string{purpose});
  auto key = *protocol::key32_from_bytes(derived);
  protocol::wipe(derived);
  return key;
}

} // namespace

result<password_wrapping> wrap_with_password(const key32& master, std::string_view password, random_source& random, const protocol::derivation_cost& cost) {
  password_wrapping out{cost, random.bytes(salt_bytes), {}};
  LAMA_TRY(key, protocol::derive_key(password, out.salt, cost));
  out.sealed = seal_bytes(protocol::view(master), key, random);
  protocol::wipe(key);
  return out;
}

result<key32> unwrap_with_password(const password_wrapping& wrapping, std::string_view password) {
  if (wrapping.salt.size() < salt_bytes)
    return fail(errc::corrupt, "the salt of the keychain is shorter than 16 bytes", "CYENC-ENSSLT");
  if (!plausible(wrapping.cost))
    return bad_record("impossible parameters of scrypt");
  LAMA_TRY(key, protocol::derive_key(password, wrapping.salt, wrapping.cost));
  auto master = open_master(wrapping.sealed, key);
  protocol::wipe(key);
  return master;
}

result<password_wrapping> change_password(const password_wrapping& wrapping, std::string_view old_password, std::string_view new_password,
                                          random_source& random, const protocol::derivation_cost& cost) {
  LAMA_TRY(master, unwrap_with_password(wrapping, old_password));
  auto out = wrap_with_password(master, new_password, random, cost);
  protocol::wipe(master);
  return out;
}

std::string encode(const password_wrapping& wrapping) {
  return nlohmann::json{
      {"version", 1},         {"n", wrapping.cost.n},          {"r", wrapping.cost.r},
      {"p", wrapping.cost.p}, {"salt", to_hex(wrapping.salt)}, {"sealed", to_hex(wrapping.sealed)},
  }
      .dump();
}

result<password_wrapping> decode_password_wrapping(std::string_view record) {
  if (record.size() > most_record)
    return bad_record("it is too long");
  auto x = nlohmann::json::parse(record, nullptr, false);
  if (!x.is_object())
    return bad_record("it is not JSON");
  auto number = [&](const char* name) -> uint64_t { return x.contains(name) && x[name].is_number_unsigned() ? x[name].get<uint64_t>() : 0; };
  auto bytes = [&](const char* name) { return from_hex(x.contains(name) && x[name].is_string() ? x[name].get<std::string>() : "?"); };
  if (number("version") != 1)
    return fail(errc::unsupported, "the keychain record was written by a newer version; update this node");
  auto salt = bytes("salt");
  auto sealed = bytes("sealed");
  if (!salt || !sealed || number("r") > most_r || number("p") > most_p)
    return bad_record("a field is missing or wrong");
  password_wrapping out{{number("n"), static_cast<uint32_t>(number("r")), static_cast<uint32_t>(number("p"))}, std::move(*salt), std::move(*sealed)};
  if (!plausible(out.cost) || out.salt.size() < salt_bytes || out.sealed.size() != sealed_32_bytes)
    return bad_record("a field is out of range");
  return out;
}

result<password_wrapping> from_stock_files(const stock_files& files) {
  if (!files.salt || !files.master_key)
    return fail(errc::corrupt, std::string{"the file keychain_"} + (files.salt ? "masterkey" : "salt") +
                                   " is lost; without it no password opens the secret keys. Restore it from a backup");
  if (files.salt->size() < salt_bytes)
    return fail(errc::corrupt, "keychain_salt is shorter than 16 bytes; restore it from a backup", "CYENC-ENSSLT");
  if (files.master_key->size() != sealed_32_bytes)
    return bad_record("keychain_masterkey is not of 72 bytes");
  return password_wrapping{stock_cost, *files.salt, *files.master_key};
}

result<stock_files> to_stock_files(const password_wrapping& wrapping) {
  if (wrapping.cost.n != stock_cost.n || wrapping.cost.r != stock_cost.r || wrapping.cost.p != stock_cost.p)
    return fail(errc::conflict, "the stock files have fixed parameters of scrypt; wrap the master key with `stock_cost` first");
  return stock_files{wrapping.salt, wrapping.sealed};
}

std::string wrap_with_secret(const key32& master, const key32& secret, std::string_view purpose, random_source& random) {
  auto key = purpose_key(secret, purpose);
  auto out = seal_bytes(protocol::view(master), key, random);
  protocol::wipe(key);
  return out;
}

result<key32> unwrap_with_secret(std::string_view record, const key32& secret, std::string_view purpose) {
  auto key = purpose_key(secret, purpose);
  auto master = open_master(record, key);
  protocol::wipe(key);
  return master;
}

sealed_keys seal(const secret_keys& keys, const key32& master, random_source& random) {
  std::string_view signing{reinterpret_cast<const char*>(keys.signing.data()), keys.signing.size()};
  auto encryption = seal_bytes(protocol::view(keys.encryption), master, random);
  return {std::move(encryption), seal_bytes(signing, master, random)};
}

result<secret_keys> open(const sealed_keys& sealed, const key32& master) {
  auto encryption = protocol::open_box(sealed.encryption, master);
  auto signing = protocol::open_box(sealed.signing, master);
  secret_keys out;
  if (!encryption || !signing || encryption->size() != out.encryption.size() || signing->size() != out.signing.size())
    return fail(errc::corrupt, "a secret key does not open with this keychain's master key", "CYENC-SYMDEC");
  std::copy(encryption->begin(), encryption->end(), out.encryption.begin());
  std::copy(signing->begin(), signing->end(), out.signing.begin());
  protocol::wipe(*encryption);
  protocol::wipe(*signing);
  return out;
}

std::string encode(const sealed_keys& sealed) {
  return sealed.encryption + sealed.signing;
}

result<sealed_keys> decode_sealed_keys(std::string_view record) {
  if (record.size() != sealed_32_bytes + sealed_64_bytes)
    return bad_record("a secret key has a wrong size");
  return sealed_keys{std::string{record.substr(0, sealed_32_bytes)}, std::string{record.substr(sealed_32_bytes)}};
}

secret_keys make_secret_keys(random_source& random) {
  auto encryption = protocol::make_encryption_keys(random);
  auto signing = protocol::make_signing_keys(random);
  return {encryption.secret_key, signing.secret_key};
}

std::string keys_text(const hash& owner, const key32& encryption_public, const key32& signing_public) {
  return object_writer{"Keys"}
      .id_reference("owner", owner)
      .text("publicKey", to_hex(protocol::view(encryption_public)))
      .text("publicSignKey", to_hex(protocol::view(signing_public)))
      .finish();
}

std::string keys_text(const hash& owner, const secret_keys& keys) {
  return keys_text(owner, protocol::encryption_keys_from_secret(keys.encryption).public_key, protocol::signing_keys_from_secret(keys.signing).public_key);
}

key_ring::~key_ring() {
  clear();
}

void key_ring::add(const hash& owner, const hash& keys, const secret_keys& secret) {
  // A vector that grows would leave copies of secrets behind in freed memory.
  if (entries_.capacity() == entries_.size()) {
    std::vector<entry> larger;
    larger.reserve(entries_.size() * 2 + 8);
    larger.assign(entries_.begin(), entries_.end());
    clear();
    entries_.swap(larger);
  }
  entries_.push_back({owner, keys, secret});
}

void key_ring::clear() {
  for (auto& x : entries_)
    sodium_memzero(&x.secret, sizeof x.secret);
  entries_.clear();
}

const key_ring::entry* key_ring::find(const hash& owner) const {
  for (const auto& x : entries_)
    if (x.owner == owner)
      return &x;
  return nullptr;
}

std::optional<hash> key_ring::default_keys(const hash& owner) const {
  const auto* found = find(owner);
  return found ? std::optional{found->keys} : std::nullopt;
}

std::vector<hash> key_ring::owners() const {
  std::vector<hash> out;
  for (const auto& x : entries_)
    if (find(x.owner) == &x)
      out.push_back(x.owner);
  return out;
}

namespace {

error no_keys(const hash& owner) {
  return fail(errc::locked, "no secret keys at hand for " + owner.hex() + "; log in first", "KEYCH-NODEFKEYS");
}

} // namespace

result<std::string> key_ring::sign(const hash& owner, std::string_view message) const {
  const auto* found = find(owner);
  if (!found)
    return no_keys(owner);
  return protocol::sign(message, found->secret.signing);
}

result<key32> key_ring::shared_with(const hash& owner, const key32& remote_public) const {
  const auto* found = find(owner);
  if (!found)
    return no_keys(owner);
  auto shared = protocol::shared_key(found->secret.encryption, remote_public);
  if (!shared)
    return fail(errc::bad_input, "a public key of small order: no honest peer has it");
  return *shared;
}

result<key32> key_ring::encryption_public(const hash& owner) const {
  const auto* found = find(owner);
  if (!found)
    return no_keys(owner);
  return protocol::encryption_keys_from_secret(found->secret.encryption).public_key;
}

result<key32> key_ring::signing_public(const hash& owner) const {
  const auto* found = find(owner);
  if (!found)
    return no_keys(owner);
  return protocol::signing_keys_from_secret(found->secret.signing).public_key;
}

signer key_ring::as(const hash& person) const {
  return {person, [this, person](std::string_view message) {
            auto made = sign(person, message);
            return made ? std::move(*made) : std::string{};
          }};
}

} // namespace lama::models
