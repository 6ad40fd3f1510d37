#pragma once

#include "protocol/limits.hpp"
#include "protocol/models/channels.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/sync/session.hpp"
#include "storage/store.hpp"
#include "storage/sync_adapter.hpp"
#include "tests/simulation/disk/env.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// Two nodes with stores of their own, back to back: their messages are strings in two queues.
namespace lama::protocol::sync::testing {

/// The same numbers for the same seed.
class seeded_random final : public random_source {
public:
  explicit seeded_random(uint64_t seed) : state_{seed} {
    // nop
  }
  void fill(std::span<uint8_t> bytes) override;

private:
  uint64_t state_;
};

/// Admits all but the types that a test names.
class test_admission final : public admission {
public:
  result<done> admit(const object_facts& facts, std::string_view text) override;
  result<done> admit_version(const hash& id, std::string_view id_text) override;
  result<done> admit_blob(const hash& name, uint64_t size) override;

  std::set<std::string, std::less<>> refused_types;
  std::set<std::string, std::less<>> refused_versions;
  uint64_t largest_blob = 1u << 30;
};

/// A store, the host's part of a session, and what a person would do.
class node {
public:
  explicit node(std::string email, uint64_t seed = 1);
  ~node();

  // what is stored
  storage::store& store() {
    return *store_;
  }
  storage::commit_info change(const std::function<result<done>(storage::transaction&)>& what);
  void reopen();
  /// As if a backup was restored: everything goes back to when `keep` was called.
  std::string store_id();
  hash put(std::string_view text);
  hash put_blob(std::string_view bytes);
  hash put_person(std::string_view email);
  hash put_version(std::string_view text);
  hash make_channel(std::string_view name, std::optional<hash> owner = {});
  /// A signed chat message at the time `when`; 0: the next minute.
  models::posted post(const hash& channel, std::string_view text, int64_t when = 0, const std::vector<hash>& attachments = {});
  void grant_id(const hash& id, const hash& person, models::grant_mode mode = models::grant_mode::add);
  void grant_object(const hash& name, const hash& person, models::grant_mode mode = models::grant_mode::add);

  bool has(const hash& name) const;
  bool elsewhere(const hash& name) const;
  std::optional<hash> data_of(const hash& id) const;
  /// Texts of the messages that are here, newest first.
  std::vector<std::string> messages(const hash& channel) const;
  std::vector<hash> entries(const hash& channel) const;

  // the session
  session_config config(const node& remote);
  void connect(node& remote, const std::function<void(session_config&)>& adjust = {});
  void disconnect();
  void receive(std::string message);
  /// Pumps once and does what the session wants. False: nothing was to be done.
  bool work();
  void perform(action x);

  hash person{};
  test_admission policy;
  std::unique_ptr<session> current;
  std::deque<std::string> outgoing;
  std::optional<error> closed;
  std::vector<commit_batch> held; ///< while `holds_back`: batches that are not stored yet
  bool holds_back = false;
  bool loses_acks = false; ///< what it answers is lost
  uint64_t caught_up = 0;  ///< how often
  std::vector<hash> declined;
  std::map<uint32_t, result<done>> answers;
  std::vector<hash> delivered; ///< ids whose version the remote is known to have
  std::size_t committed_batches = 0;
  std::size_t received_items = 0; ///< with content
  std::vector<hash> received_names;
  std::size_t sent_bytes = 0;
  version_mode mode = version_mode::merge;
  std::function<void(std::string&)> tamper; ///< of what it sends

  void store_held();

private:
  void commit(const commit_batch& batch);

  std::string email_;
  seeded_random random_;
  simulator::env disk_;
  std::unique_ptr<storage::store> store_;
  storage::sync_peer peer_;
  storage::sync_uploads uploads_;
  int64_t now_ = 1'700'000'000'000;
};

/// Connects both, a with `a_config` adjusted and so on.
using adjustment = std::function<void(session_config&)>;
void connect(node& a, node& b, const adjustment& adjust_a = {}, const adjustment& adjust_b = {});
void disconnect(node& a, node& b);
/// Carries messages until both are at rest, at most `most` of them; answers how many.
std::size_t run(node& a, node& b, std::size_t most = 1'000'000);
/// The adoption of own archive and sparse: b asks and accepts marks.
adjustment as_sparse(uint32_t window = 0, uint64_t blob_limit = 0);

std::string person_text(std::string_view email);
hash person_id(std::string_view email);
std::string noise(std::size_t size, uint32_t seed = 1);

} // namespace lama::protocol::sync::testing
