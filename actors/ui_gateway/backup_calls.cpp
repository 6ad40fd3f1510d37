#include "actors/ui_gateway/calls.hpp"

#include "actors/ui_gateway/long_job.hpp"
#include "storage/backup_file.hpp"
#include "storage/digest.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

/// app:backup and app:digest (docs/backup.md).
namespace lama::actors {

namespace {

namespace backup = protocol::backup;

result<std::string> member(const json& from, const char* name) {
  auto found = from.is_object() ? from.find(name) : from.end();
  if (!from.is_object() || found == from.end() || !found->is_string())
    return bad_parameter(name, std::string{name} + " must be a text");
  return found->get<std::string>();
}

result<std::optional<storage::backup_base>> read_base(const call_scope& x) {
  const auto& given = x["base"];
  if (given.is_null())
    return std::optional<storage::backup_base>{};
  LAMA_TRY(id, member(given, "id"));
  LAMA_TRY(store, member(given, "store"));
  auto sequence = given.find("sequence");
  if (id.size() != 32 || !from_hex(id) || sequence == given.end() || !sequence->is_number_unsigned())
    return bad_parameter("base", "base names the id, the store and the sequence of an earlier backup");
  return std::optional{storage::backup_base{id, store, sequence->get<uint64_t>()}};
}

/// The caller derives the key: the passphrase itself never comes here.
result<done> read_seal(const call_scope& x, storage::backup_request& into) {
  const auto& given = x["seal"];
  if (given.is_null())
    return done{};
  backup::seal_description seal;
  LAMA_TRY(salt, member(given, "salt"));
  LAMA_TRY(check, member(given, "check"));
  LAMA_TRY(key, member(given, "key"));
  auto salt_bytes = from_hex(salt);
  auto check_bytes = from_hex(check);
  auto key_bytes = protocol::key32_from_hex(key);
  if (!salt_bytes || salt_bytes->size() != 16 || !check_bytes || check_bytes->size() != 16 || !key_bytes)
    return bad_parameter("seal", "seal has a salt and a check of 16 bytes and a key of 32, in hex");
  seal.salt = *salt_bytes;
  seal.check = *check_bytes;
  into.seal = std::move(seal);
  into.key = *key_bytes;
  return done{};
}

json as_json(const storage::digest_level& x) {
  auto children = json::object();
  for (const auto& [byte, child] : x.children) {
    const char raw = static_cast<char>(byte);
    children[to_hex({&raw, 1})] = {{"hash", child.value.hex()}, {"count", child.count}};
  }
  json shown{{"hash", x.self.value.hex()}, {"count", x.self.count}};
  if (!x.leaves.empty()) {
    auto leaves = json::array();
    for (const auto& leaf : x.leaves)
      leaves.push_back(to_hex(leaf));
    shown["leaves"] = std::move(leaves);
  } else {
    shown["children"] = std::move(children);
  }
  return shown;
}

} // namespace

namespace channels {

void back_up(gateway_pointer self, const call_scope& x) {
  const auto& data = x.user->environment->settings.data_folder;
  if (data.empty())
    return x.fail(lama::fail(errc::unsupported, "This node has no folder for backups."));
  LAMA_PARAMETER(name, file_parameter(x, "file"));
  LAMA_PARAMETER(base, read_base(x));
  storage::backup_request request;
  request.user = x.user->user;
  request.side = to_string(x.user->environment->settings.which);
  request.created_ms = x.user->environment->clock->now_ms();
  request.base = base;
  if (auto sealed = read_seal(x, request); !sealed)
    return x.fail(sealed.failure());
  auto path = std::filesystem::path{data} / "backups" / name;
  run_long_job(self, x,
               [request, path, store = x.user->store, environment = x.user->environment,
                progress = progress_of(self, x, x.user->store->stored_bytes())]() -> result<json> {
                 std::error_code problem;
                 std::filesystem::create_directories(path.parent_path(), problem);
                 std::filesystem::permissions(path.parent_path(), std::filesystem::perms::owner_all, problem);
                 LAMA_TRY(outcome, storage::write_backup_file(*store, request, path, environment->random(), progress));
                 return json{{"file", path.string()},
                             {"id", outcome.header.id},
                             {"base", outcome.header.base},
                             {"sequence", outcome.header.sequence},
                             {"entries", outcome.summary.entries},
                             {"bytes", outcome.summary.bytes},
                             {"digest", outcome.summary.digest.hex()}};
               });
}

void digest(gateway_pointer self, const call_scope& x) {
  LAMA_PARAMETER(tree, optional_text(x, "tree"));
  LAMA_PARAMETER(prefix_hex, optional_text(x, "prefix"));
  auto prefix = from_hex(prefix_hex);
  if (!prefix || prefix->size() > 32)
    return x.fail(bad_parameter("prefix", "prefix has at most 32 bytes, in hex"));
  storage::digest_scope scope;
  if (!x["grantedTo"].is_null()) {
    LAMA_PARAMETER(person, hash_parameter(x, "grantedTo"));
    scope.granted_to = person;
  }
  if (!x["receivedFrom"].is_null()) {
    LAMA_PARAMETER(person, hash_parameter(x, "receivedFrom"));
    scope.received_from = person;
  }
  if (!tree.empty() && tree != "objects" && tree != "heads")
    return x.fail(bad_parameter("tree", "tree is objects or heads"));
  run_long_job(self, x, [user = x.user, tree, prefix = *prefix, scope]() -> result<json> {
    auto view = user->store->read();
    json shown{
        {"user", user->user}, {"side", to_string(user->environment->settings.which)}, {"personId", user->me.person.hex()}, {"sequence", view->last_sequence()}};
    if (user->partner)
      shown["partnerId"] = user->partner->person.hex();
    if (!tree.empty()) {
      LAMA_TRY(level, storage::digest_below(*view, tree == "objects" ? storage::digest_tree::objects : storage::digest_tree::heads, prefix, scope));
      shown["node"] = as_json(level);
      return shown;
    }
    LAMA_TRY(objects, storage::digest_below(*view, storage::digest_tree::objects));
    LAMA_TRY(heads, storage::digest_below(*view, storage::digest_tree::heads));
    shown["digest"] = storage::joined_digest(objects.self, heads.self).hex();
    shown["objects"] = {{"hash", objects.self.value.hex()}, {"count", objects.self.count}};
    shown["heads"] = {{"hash", heads.self.value.hex()}, {"count", heads.self.count}};
    return shown;
  });
}

} // namespace channels
} // namespace lama::actors
