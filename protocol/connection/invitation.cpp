#include "protocol/connection/invitation.hpp"

#include "protocol/limits.hpp"
#include "protocol/objects/json_text.hpp"

#include <algorithm>
#include <utility>

namespace lama::protocol {

namespace {

constexpr std::size_t token_characters = 64;
constexpr std::string_view unescaped = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";

error broken(std::string_view what) {
  return fail(errc::bad_input, "this is not an invitation: " + std::string{what} + "; copy the whole link or JSON text again");
}

const std::string* text_member(const json& from, const char* name) {
  auto at = from.find(name);
  return at == from.end() ? nullptr : at->get_ptr<const std::string*>();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace

std::string invitation_json(const invitation& x) {
  std::string out = "{\"token\":";
  append_json_string(out, x.token);
  out += ",\"publicKey\":\"" + to_hex(view(x.public_key)) + "\",\"url\":";
  append_json_string(out, x.url);
  return out + '}';
}

std::string invitation_link(const invitation& x, std::string_view domain, invitation_kind kind) {
  std::string link = "https://";
  link += domain;
  link += kind == invitation_kind::partner ? "/invites/invitePartner/" : "/invites/inviteDevice/";
  return link + "?invited=true/#" + encode_uri_component(invitation_json(x));
}

result<invitation> parse_invitation(std::string_view text) {
  if (text.size() > limits::invitation_bytes)
    return broken("it is longer than " + std::to_string(limits::invitation_bytes) + " bytes");
  text = trimmed(text);
  std::string decoded{text};
  if (!text.starts_with('{')) {
    auto fragment = text.find('#');
    if (fragment == std::string_view::npos)
      return broken("it is neither JSON nor a link with a #");
    LAMA_TRY(content, decode_uri_component(text.substr(fragment + 1)));
    decoded = std::move(content);
  }
  auto parsed = parse_json(decoded);
  if (!parsed || !parsed->is_object())
    return broken("its content is no JSON object");
  const auto* token = text_member(*parsed, "token");
  const auto* key = text_member(*parsed, "publicKey");
  const auto* url = text_member(*parsed, "url");
  if (parsed->size() != 3 || !token || !key || !url)
    return broken("it does not have exactly the texts token, publicKey and url");
  auto public_key = key32_from_hex(*key);
  if (token->empty() || !public_key)
    return broken("token or publicKey is not one");
  if (!url->starts_with("ws://") && !url->starts_with("wss://"))
    return broken("its url does not begin with ws:// or wss://");
  return invitation{*token, *public_key, *url};
}

std::string encode_uri_component(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (auto c : text) {
    if (unescaped.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 0x0F];
  }
  return out;
}

result<std::string> decode_uri_component(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    auto byte = text.size() - at > 2 ? from_hex(text.substr(at + 1, 2)) : std::nullopt;
    if (!byte)
      return broken("it has a % that is no escape");
    out += *byte;
    at += 2;
  }
  return out;
}

invitations::invitations(std::chrono::milliseconds lifetime) : lifetime_(lifetime) {
  // nop
}

result<std::string> invitations::issue(const hash& person, random_source& random, time_point now) {
  auto token = random.text(token_characters);
  LAMA_CHECK(issue(token, person, now));
  return token;
}

result<done> invitations::issue(std::string token, const hash& person, time_point now) {
  if (open(now) >= limits::open_invitations)
    return fail(errc::overloaded, std::to_string(limits::open_invitations) + " invitations are open; wait until one is used or expires");
  if (token.empty() || !open_.try_emplace(std::move(token), entry{person, now + lifetime_}).second)
    return fail(errc::conflict, "this token is empty, or an open invitation has it");
  return done{};
}

result<done> invitations::check(const std::string& token, const hash& person, time_point now) {
  drop_expired(now);
  auto at = open_.find(token);
  if (at == open_.end())
    return fail(errc::forbidden, "Authentication token is not existing.");
  if (at->second.person != person)
    return fail(errc::forbidden, "The authentication token was not generated for the requested person.");
  return done{};
}

result<done> invitations::redeem(const std::string& token, const hash& person, time_point now) {
  LAMA_CHECK(check(token, person, now));
  open_.erase(token);
  return done{};
}

void invitations::revoke(const std::string& token) {
  open_.erase(token);
}

void invitations::revoke_all(const hash& person) {
  std::erase_if(open_, [&](const auto& x) { return x.second.person == person; });
}

std::size_t invitations::open(time_point now) {
  drop_expired(now);
  return open_.size();
}

void invitations::drop_expired(time_point now) {
  std::erase_if(open_, [now](const auto& x) { return x.second.expiry <= now; });
}

} // namespace lama::protocol
