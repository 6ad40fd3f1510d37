#include "actors/ui_gateway/sessions.hpp"

#include "protocol/crypto/crypto.hpp"
#include "protocol/hash.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lama::actors {

namespace {

constexpr std::string_view cookie_label = "lama session v1 ";

} // namespace

page_sessions::page_sessions(std::string key, const wall_clock& clock) : key_{std::move(key)}, clock_{clock} {
  // nop
}

std::string page_sessions::make_token() {
  auto token = to_hex(system_random().bytes(32));
  std::lock_guard guard{mutex_};
  auto now = clock_.now_ms();
  std::erase_if(tokens_, [now](const auto& x) { return x.second <= now; });
  if (tokens_.size() >= most_tokens)
    tokens_.erase(std::ranges::min_element(tokens_, {}, [](const auto& x) { return x.second; }));
  tokens_.emplace(sha256(token).hex(), now + token_lifetime_ms);
  return token;
}

std::optional<std::string> page_sessions::exchange(std::string_view token) {
  std::lock_guard guard{mutex_};
  auto found = tokens_.extract(sha256(token).hex()); // looked up by its hash: how long that takes tells nothing of the tokens
  if (found.empty() || found.mapped() <= clock_.now_ms())
    return std::nullopt;
  return to_hex(system_random().bytes(16));
}

std::string page_sessions::mac_of(std::string_view text) const {
  return to_hex(protocol::hmac_sha256(key_, std::string{cookie_label}.append(text)));
}

std::string page_sessions::cookie_of(const std::string& session) const {
  auto text = session + '.' + std::to_string(clock_.now_ms() / 1000 + cookie_lifetime_s);
  return text + '.' + mac_of(text);
}

std::optional<std::string> page_sessions::session_of(std::string_view cookie) const {
  auto last = cookie.rfind('.');
  auto first = cookie.find('.');
  if (last == cookie.npos || first == last)
    return std::nullopt;
  auto text = cookie.substr(0, last);
  if (!protocol::equal_secret(mac_of(text), cookie.substr(last + 1)))
    return std::nullopt;
  auto digits = text.substr(first + 1);
  int64_t end = 0;
  auto read = std::from_chars(digits.data(), digits.data() + digits.size(), end);
  if (read.ec != std::errc{} || end <= clock_.now_ms() / 1000)
    return std::nullopt;
  return std::string{text.substr(0, first)};
}

std::string page_sessions::user_of(const std::string& session, const std::string& wanted) const {
  std::lock_guard guard{mutex_};
  auto found = bound_.find(session);
  if (found == bound_.end() || found->second.users.empty())
    return {};
  const auto& users = found->second.users;
  if (wanted.empty())
    return users.back();
  return std::ranges::find(users, wanted) == users.end() ? std::string{} : wanted;
}

void page_sessions::bind(const std::string& session, const std::string& user) {
  std::lock_guard guard{mutex_};
  if (bound_.size() >= most_bound && !bound_.contains(session))
    bound_.erase(std::ranges::min_element(bound_, {}, [](const auto& x) { return x.second.number; }));
  auto& x = bound_[session];
  x.number = ++last_number_;
  std::erase(x.users, user);
  if (x.users.size() >= most_users)
    x.users.erase(x.users.begin());
  x.users.push_back(user);
}

void page_sessions::unbind(const std::string& user) {
  std::lock_guard guard{mutex_};
  for (auto& [session, x] : bound_)
    std::erase(x.users, user);
}

} // namespace lama::actors
