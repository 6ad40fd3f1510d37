#pragma once

#include "protocol/models/vocabulary.hpp"

/// Keys at rest (docs/protocol/04 §1.2, §1.3): a random master key, wrapped by the password and perhaps by other secrets; under it the
/// secret keys. Everything is a record, a string that the host keeps as a note or a file.
namespace lama::models {

/// What the host keeps the records under. Secret keys: `secret_keys_note` + hex of the Keys object.
inline constexpr std::string_view password_note = "keychain/password";
inline constexpr std::string_view unlock_note = "keychain/archive-unlock";
inline constexpr std::string_view machine_note = "keychain/machine";
inline constexpr std::string_view secret_keys_note = "keychain/keys/";

/// The master key behind a password. `sealed` is nonce and box, 72 bytes.
struct password_wrapping {
  protocol::derivation_cost cost;
  std::string salt; ///< at least 16 bytes
  std::string sealed;
};

/// A new one with a salt of its own; about 90 ms at the default cost, so not in an actor that must answer.
result<password_wrapping> wrap_with_password(const key32& master, std::string_view password, random_source& random, const protocol::derivation_cost& cost = {});
/// `wrong_secret` where the password does not fit; `corrupt` for records that cannot be right.
result<key32> unwrap_with_password(const password_wrapping& wrapping, std::string_view password);
/// The same master key behind another password, with a new salt; the secret keys stay as they are.
result<password_wrapping> change_password(const password_wrapping& wrapping, std::string_view old_password, std::string_view new_password,
                                          random_source& random, const protocol::derivation_cost& cost = {});

/// One line of JSON, parameters included.
std::string encode(const password_wrapping& wrapping);
result<password_wrapping> decode_password_wrapping(std::string_view record);

/// The stock peer's two private files, scrypt N = 1024 (docs/protocol/04 §1.3).
struct stock_files {
  std::optional<std::string> salt;       ///< `keychain_salt`
  std::optional<std::string> master_key; ///< `keychain_masterkey`
};
/// `corrupt` where one of the two is lost: the stock peer would make a new master key then, and every secret key would be gone.
result<password_wrapping> from_stock_files(const stock_files& files);
/// Fails for a wrapping whose cost is not the stock one.
result<stock_files> to_stock_files(const password_wrapping& wrapping);
inline constexpr protocol::derivation_cost stock_cost{1024, 8, 1};

/// The master key behind 32 random bytes (archive-unlock secret, machine key). `purpose` goes into the key, so that a record made for one
/// cannot stand in for another.
std::string wrap_with_secret(const key32& master, const key32& secret, std::string_view purpose, random_source& random);
result<key32> unwrap_with_secret(std::string_view record, const key32& secret, std::string_view purpose);

/// The two secret halves of one Keys object.
struct secret_keys {
  key32 encryption{}; ///< X25519
  key64 signing{};    ///< Ed25519: seed, then public key
};

/// As the stock peer's files `<keys>.encrypt` (72 bytes) and `<keys>.sign` (104 bytes).
struct sealed_keys {
  std::string encryption;
  std::string signing;
};
sealed_keys seal(const secret_keys& keys, const key32& master, random_source& random);
result<secret_keys> open(const sealed_keys& sealed, const key32& master);
/// Both in one record of 176 bytes.
std::string encode(const sealed_keys& sealed);
result<sealed_keys> decode_sealed_keys(std::string_view record);

secret_keys make_secret_keys(random_source& random);
/// The Keys object that they belong to: owner is a person or an instance.
std::string keys_text(const hash& owner, const key32& encryption_public, const key32& signing_public);
std::string keys_text(const hash& owner, const secret_keys& keys);

/// Open keys in memory, for the keychain actor: by owner and by Keys object. Wipes what it drops.
class key_ring {
public:
  key_ring() = default;
  ~key_ring();
  key_ring(const key_ring&) = delete;
  key_ring& operator=(const key_ring&) = delete;

  /// The first keys of an owner are the default ones (docs/protocol/04 §1.2).
  void add(const hash& owner, const hash& keys, const secret_keys& secret);
  void clear();

  bool empty() const {
    return entries_.empty();
  }
  /// Nothing where the owner has no keys here: it is not a local person or instance.
  std::optional<hash> default_keys(const hash& owner) const;
  std::vector<hash> owners() const;

  /// 64 bytes, with the owner's default keys; `locked` where there are none.
  result<std::string> sign(const hash& owner, std::string_view message) const;
  /// For boxes between `owner` and a remote encryption key; `locked`, or `bad_input` for a key that no honest peer has.
  result<key32> shared_with(const hash& owner, const key32& remote_public) const;
  /// Public halves of the default keys.
  result<key32> encryption_public(const hash& owner) const;
  result<key32> signing_public(const hash& owner) const;

  signer as(const hash& person) const;

private:
  struct entry {
    hash owner;
    hash keys;
    secret_keys secret;
  };
  const entry* find(const hash& owner) const;

  std::vector<entry> entries_;
};

} // namespace lama::models
