#pragma once

#include "protocol/connection/frame_layer.hpp"
#include "protocol/crypto/crypto.hpp"
#include "protocol/environment.hpp"
#include "protocol/hash.hpp"
#include "protocol/result.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

/// Invitations to pair (docs/protocol/02 §6.1): what they say, how they travel, and which ones are open.
namespace lama::protocol {

/// What a node hands out so that another one may pair with it.
struct invitation {
  std::string token;  ///< a secret, good once
  key32 public_key{}; ///< encryption key of the inviting instance
  std::string url;    ///< where it listens, ws:// or wss://
  friend bool operator==(const invitation&, const invitation&) = default;
};

/// {"token":…,"publicKey":…,"url":…}; exactly these, as the stock peer demands.
std::string invitation_json(const invitation& x);

enum class invitation_kind {
  partner, ///< another person
  device,  ///< another device of one's own
};
/// `https://DOMAIN/invites/…/?invited=true/#…`
std::string invitation_link(const invitation& x, std::string_view domain, invitation_kind kind);

/// From JSON or from a link of either spelling, with blanks around it; `bad_input` says what is wrong with it.
result<invitation> parse_invitation(std::string_view text);

/// `encodeURIComponent` of ECMA-262, for UTF-8.
std::string encode_uri_component(std::string_view text);
/// Percent signs back to bytes; `bad_input` for what is no escape.
result<std::string> decode_uri_component(std::string_view text);

/// The open invitations of a node, in memory only. A token is good once and for a while; trying it does not use it up.
class invitations {
public:
  explicit invitations(std::chrono::milliseconds lifetime);

  /// A new token for `person`, 64 characters. `overloaded` where `limits::open_invitations` are open.
  result<std::string> issue(const hash& person, random_source& random, time_point now);
  /// As `issue`, with a token of the caller's. `conflict` where it is open already.
  result<done> issue(std::string token, const hash& person, time_point now);

  /// Would `redeem` succeed? The failure's message is what the stock peer closes with, after `Error: `.
  result<done> check(const std::string& token, const hash& person, time_point now);
  /// Uses it up. `forbidden` for a token that is unknown, used up or expired, told apart from nobody, and for another person's.
  result<done> redeem(const std::string& token, const hash& person, time_point now);

  void revoke(const std::string& token);
  /// All of `person`: it logged out.
  void revoke_all(const hash& person);
  std::size_t open(time_point now);

private:
  struct entry {
    hash person;
    time_point expiry;
  };

  void drop_expired(time_point now);

  std::chrono::milliseconds lifetime_;
  std::map<std::string, entry> open_;
};

} // namespace lama::protocol
