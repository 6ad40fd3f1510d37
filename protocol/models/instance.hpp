#pragma once

#include "protocol/models/vocabulary.hpp"

#include <set>
#include <utility>

/// The instance and the person that owns it (docs/protocol/04 §1.1).
namespace lama::models {

/// The public halves of one Keys object.
struct public_keys {
  key32 encryption{};
  key32 signing{};
  friend bool operator==(const public_keys&, const public_keys&) = default;
};
result<public_keys> read_keys(const object_source& from, const hash& keys);

/// Who we are, in this store.
struct identity {
  hash person;
  std::string email;
  hash instance;
  std::string instance_name;
  hash person_keys; ///< the Keys objects
  hash instance_keys;
  public_keys person_public;
  public_keys instance_public;
};

/// Which fields of a type the index covers; only written, our index covers everything.
using reverse_maps = std::vector<std::pair<std::string, std::vector<std::string>>>;

struct new_instance {
  std::string email;
  std::string name;
  std::optional<std::string> owner_name; ///< the authenticators of the stock peer give the email
  public_keys person_keys;
  public_keys instance_keys;
  std::vector<const protocol::recipe*> recipes;
  reverse_maps object_maps;
  reverse_maps id_object_maps;
};

/// What the model layer of the stock peer turns on.
const reverse_maps& model_reverse_maps();
const reverse_maps& model_reverse_maps_for_id_objects();

/// Stores person, keys, recipes and instance, in the order of docs/protocol/04 §1.1. Where the instance exists already nothing is written
/// and the stored identity is answered, if its keys are these. `bad_input` for `& < >` in email or name: the stock peer gives such
/// an instance two different ids.
result<identity> create_instance(object_space& space, const new_instance& what, int64_t now_ms);

/// Reads back what `create_instance` stored. Keys of an owner are those whose hash `is_local` accepts, the first written wins
/// (docs/protocol/04 §1.2). `not_found` where there is no such instance, `locked` where the owner has no local keys.
result<identity> load_identity(const object_source& from, std::string_view email, std::string_view name, const std::function<bool(const hash& keys)>& is_local);

/// Stores a recipe and enters it into the Instance.
result<done> add_recipe(object_space& space, const identity& own, const protocol::recipe& recipe, int64_t now_ms);

/// `[a-z0-9._-]{1,64}`, not beginning with a dot.
bool is_username(std::string_view text);
/// `USER.<suffix>@lama.local`, with `node-` before it for the archive; without a suffix the plain form of the old app. The suffix is
/// random (10 characters): the id of a person is the hash of the email alone, and two machines may both have a user `demo`.
std::string sparse_email(std::string_view user, std::string_view suffix = {});
std::string archive_email(std::string_view user, std::string_view suffix = {});

std::string person_id_text(std::string_view email);
std::string instance_id_text(std::string_view name, const hash& owner);

} // namespace lama::models
