#pragma once

#include "storage/repair.hpp"
#include "storage/store.hpp"
#include "tests/simulation/disk/env.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lama::storage::testing {

std::string person_text(std::string_view email, std::string_view name = {});
/// Of the person of `person_text(email)`.
hash person_id(std::string_view email);
std::string chat_text(std::string_view text, std::string_view sender = "alice@example.com", const std::vector<hash>& attachments = {});
std::string signature_text(const hash& data, std::string_view issuer = "alice@example.com");
std::string node_text(const hash& data, double time = 1000);
/// A BlobDescriptor of a blob.
std::string descriptor_text(const hash& blob);
std::string license_text(std::string_view name);
/// Bytes that do not compress, the same for the same seed.
std::string noise(std::size_t size, uint32_t seed = 1);

/// The same numbers each time.
class counted_random final : public random_source {
public:
  explicit counted_random(uint32_t seed = 1) : state_(seed) {
    // nop
  }
  void fill(std::span<uint8_t> bytes) override;

private:
  uint32_t state_;
};

/// A store on a simulated disk, small buffers and no thread, that can be closed, crashed and opened again.
class disk_store {
public:
  explicit disk_store(std::size_t write_buffer = 64u << 10);
  ~disk_store();

  result<done> open();
  void close();
  /// Closes it for that; open it again afterwards.
  result<repair_report> repair();
  store_options options();
  store& operator*() {
    return *store_;
  }
  store* operator->() {
    return store_.get();
  }
  explicit operator bool() const {
    return store_ != nullptr;
  }

  simulator::env disk;

private:
  std::size_t write_buffer_;
  std::unique_ptr<store> store_;
};

/// Runs `what` in a transaction and commits it.
result<commit_info> change_store(store& x, const std::function<result<done>(transaction&)>& what);
/// As `change_store` for texts of objects; the test fails where it does.
commit_info put_all(store& x, const std::vector<std::string>& texts);
/// Expects no problem, and names those that there are.
void expect_clean(const store& x);

} // namespace lama::storage::testing
