#include "protocol/backup/format.hpp"

#include "protocol/limits.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>

namespace lama::protocol::backup {

namespace {

using nlohmann::json;

constexpr std::size_t most_name_bytes = 256;
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t stream_bytes = 24;
constexpr std::size_t check_bytes = 16;

lama::error bad_header(const std::string& what) {
  return fail(errc::corrupt, "The description of the backup is damaged: " + what + ". Take another copy of the file.", damaged_file);
}

result<json> read_object(std::string_view text) {
  // Ours are flat but for the seal: nothing in them is nested twice.
  auto deep = [depth = 0](int, json::parse_event_t event, json&) mutable {
    depth += event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    return depth <= 3;
  };
  auto parsed = json::parse(text, deep, false);
  if (!parsed.is_object())
    return bad_header("it is no JSON object");
  return parsed;
}

result<std::string> text_in(const json& from, const char* name, std::size_t most = most_name_bytes) {
  auto found = from.find(name);
  if (found == from.end() || !found->is_string() || found->get_ref<const std::string&>().size() > most)
    return bad_header(std::string{name} + " is missing or too long");
  return found->get<std::string>();
}

result<uint64_t> number_in(const json& from, const char* name) {
  auto found = from.find(name);
  if (found == from.end() || !found->is_number_unsigned())
    return bad_header(std::string{name} + " is no number");
  return found->get<uint64_t>();
}

result<std::string> bytes_in(const json& from, const char* name, std::size_t count) {
  LAMA_TRY(hex, text_in(from, name));
  auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != count)
    return bad_header(std::string{name} + " has not " + std::to_string(count) + " bytes");
  return *std::move(bytes);
}

result<uint32_t> small_number_in(const json& from, const char* name) {
  LAMA_TRY(number, number_in(from, name));
  if (number > UINT32_MAX)
    return bad_header(std::string{name} + " is too great");
  return static_cast<uint32_t>(number);
}

result<seal_description> read_seal(const json& from) {
  if (!from.is_object())
    return bad_header("its seal is no object");
  seal_description x;
  LAMA_TRY(n, number_in(from, "n"));
  LAMA_TRY(r, small_number_in(from, "r"));
  LAMA_TRY(p, small_number_in(from, "p"));
  LAMA_TRY(salt, bytes_in(from, "salt", salt_bytes));
  LAMA_TRY(stream, bytes_in(from, "stream", stream_bytes));
  LAMA_TRY(check, bytes_in(from, "check", check_bytes));
  x.cost = {n, r, p};
  x.salt = std::move(salt);
  x.stream = std::move(stream);
  x.check = std::move(check);
  return x;
}

std::string check_of(const key32& key) {
  return hmac_sha256(view(key), "lama backup").substr(0, check_bytes);
}

} // namespace

std::string text_of(const header& x) {
  json out{{"format", format_version}, {"id", x.id},       {"user", x.user},         {"side", x.side},          {"store", x.store},
           {"schema", x.schema},       {"after", x.after}, {"sequence", x.sequence}, {"created", x.created_ms}, {"compression", "zstd"}};
  if (!x.base.empty())
    out["base"] = x.base;
  if (x.seal)
    out["seal"] = {
        {"cipher", "secretstream"},     {"derivation", "scrypt"},           {"n", x.seal->cost.n},           {"r", x.seal->cost.r}, {"p", x.seal->cost.p},
        {"salt", to_hex(x.seal->salt)}, {"stream", to_hex(x.seal->stream)}, {"check", to_hex(x.seal->check)}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

result<header> read_header_text(std::string_view text) {
  LAMA_TRY(from, read_object(text));
  LAMA_TRY(format, number_in(from, "format"));
  if (format > format_version)
    return fail(errc::unsupported, "The backup was written by a newer version (format " + std::to_string(format) + ", this program knows " +
                                       std::to_string(format_version) + "). Install the newer version.");
  header x;
  LAMA_TRY(id, bytes_in(from, "id", 16));
  LAMA_TRY(user, text_in(from, "user"));
  LAMA_TRY(side, text_in(from, "side"));
  LAMA_TRY(store, text_in(from, "store"));
  LAMA_TRY(schema, small_number_in(from, "schema"));
  LAMA_TRY(after, number_in(from, "after"));
  LAMA_TRY(sequence, number_in(from, "sequence"));
  LAMA_TRY(created, number_in(from, "created"));
  x.id = to_hex(id);
  x.user = std::move(user);
  x.side = std::move(side);
  x.store = std::move(store);
  x.schema = schema;
  x.after = after;
  x.sequence = sequence;
  x.created_ms = static_cast<int64_t>(created & INT64_MAX);
  if (from.contains("base")) {
    LAMA_TRY(base, bytes_in(from, "base", 16));
    x.base = to_hex(base);
  }
  if (x.side != "archive" && x.side != "sparse")
    return bad_header("it is of neither side");
  if (x.after > x.sequence || x.base.empty() != (x.after == 0))
    return bad_header("its positions do not fit each other");
  if (from.contains("seal")) {
    LAMA_TRY(seal, read_seal(from["seal"]));
    x.seal = std::move(seal);
  }
  return x;
}

std::string text_of(const summary& x) {
  return json{{"entries", x.entries}, {"bytes", x.bytes}, {"digest", x.digest.hex()}}.dump();
}

result<summary> read_summary_text(std::string_view text) {
  LAMA_TRY(from, read_object(text));
  summary x;
  LAMA_TRY(entries, number_in(from, "entries"));
  LAMA_TRY(bytes, number_in(from, "bytes"));
  LAMA_TRY(digest, text_in(from, "digest"));
  auto parsed = hash::from_hex(digest);
  if (!parsed)
    return bad_header("its digest is none");
  x.entries = entries;
  x.bytes = bytes;
  x.digest = *parsed;
  return x;
}

result<key32> derive_seal(seal_description& seal, std::string_view passphrase) {
  LAMA_TRY(key, derive_key(passphrase, seal.salt, seal.cost));
  seal.check = check_of(key);
  return key;
}

result<key32> open_seal(const seal_description& seal, std::string_view passphrase) {
  LAMA_TRY(key, derive_key(passphrase, seal.salt, seal.cost));
  if (!equal_secret(check_of(key), seal.check))
    return fail(errc::wrong_secret, "The passphrase does not fit this backup.");
  return key;
}

} // namespace lama::protocol::backup
