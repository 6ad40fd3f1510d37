#pragma once

#include "protocol/chum/session.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/models/chat.hpp"
#include "protocol/models/grants.hpp"
#include "protocol/models/profiles.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Two nodes without a network: what one session sends, the other receives, in a time that moves only when nothing else happens.
namespace lama::protocol::chum::testing {

struct machine {
  explicit machine(const std::string& name);

  std::string name;
  hash person; ///< id of a Person, stored
  signing_keys keys;
  memory_space space{standard_recipes()};
  std::unique_ptr<session> chum;
  std::map<uint64_t, std::string> uploads;
  std::shared_ptr<announced_hashes> announced = std::make_shared<announced_hashes>();

  // What happened.
  std::vector<round_complete> rounds;
  std::vector<std::string> sent; ///< texts
  std::size_t binaries_sent = 0;
  std::vector<remote_asks> asked;
  std::vector<remote_answers> answered;
  std::size_t batches = 0;
  std::size_t uploads_finished = 0;
  std::optional<close_session> closed;

  /// Fails the next batch as a full disk would.
  bool fails_next_batch = false;

  hash put(const std::string& text);
  hash put_blob(const std::string& bytes);
  void share(const hash& name, const machine& with);
  void share_id(const hash& id, const machine& with);
  std::size_t requests_of(int64_t service) const;
};

/// May change a message on its way, or swallow it by answering false.
using wire_tap = std::function<bool(machine& from, outgoing& message)>;

class wire {
public:
  wire(machine& a, machine& b);

  /// Options of a session of `of` with the other one: a contact, judged by the policy, known to take our types or not.
  session_options options_for(const machine& of) const;
  /// Opens both sessions; an absent option is `options_for`.
  void connect(std::optional<session_options> for_a = std::nullopt, std::optional<session_options> for_b = std::nullopt);
  void disconnect();

  /// Delivers and works until nothing moves any more, then lets time pass; until `until_ms`.
  void run(int64_t until_ms);
  /// Until each side that imports has done so many rounds since `connect`; at most a minute.
  void run_rounds(std::size_t count);

  int64_t now = 1'700'000'000'000;
  wire_tap tap;

private:
  struct letter {
    machine* to;
    outgoing message;
  };

  machine& other(machine& of) {
    return &of == &a_ ? b_ : a_;
  }
  bool settle();
  void perform(machine& of, action& what);

  machine& a_;
  machine& b_;
  std::deque<letter> letters_;
};

/// A PersonName, the smallest object that a contact may bring by itself.
std::string person_name(const std::string& name);

} // namespace lama::protocol::chum::testing
