#pragma once

#include "protocol/models/channels.hpp"
#include "protocol/models/instance.hpp"
#include "protocol/models/keychain.hpp"
#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>

#include <set>

namespace lama::models {

using nlohmann::json;

hash hash_in(const json& x);
key32 key_in(const json& x);
key64 sign_secret_in(const json& x);
std::string bytes_in(const json& x);

/// The value, or a failed test and an exception that ends it.
template <class T>
T must(result<T> x) {
  if (!x)
    throw std::runtime_error{x.failure().message};
  return std::move(*x);
}

/// Numbers in sequence, another each time; `say` puts a text of the 64-letter alphabet before them.
class scripted_random final : public random_source {
public:
  void fill(std::span<uint8_t> bytes) override;
  void say(std::string_view text);
  void put(std::string_view bytes);

private:
  std::string next_;
  uint64_t count_ = 0;
};

/// Alice of the vectors: keys, identity and a store that holds her instance.
struct alice_store {
  alice_store();

  protocol::memory_space space{protocol::standard_recipes()};
  identity own;
  signer as;
  json keys;
};

identity make_alice(protocol::memory_space& space, const json& person_keys, const json& instance_keys);

/// Checks that what a step wrote is what the vectors list, byte for byte.
class step {
public:
  explicit step(const protocol::memory_space& space);
  /// Everything new is listed and the other way round; heads are as told.
  void expect(const json& vector) const;
  /// Only that the listed objects are there (some were written by earlier steps of the test).
  void expect_contained(const json& vector) const;
  void expect_nothing() const;
  std::size_t added() const;

private:
  std::vector<hash> new_names() const;
  const protocol::memory_space& space_;
  std::set<hash> before_;
};

} // namespace lama::models
