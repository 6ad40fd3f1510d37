#pragma once

#include "protocol/objects/microdata.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the rules above the store (versions, models, sync) need of it. Implemented by `storage::snapshot` and `storage::transaction`,
/// and by `memory_space` for tests and vectors.
namespace lama::protocol {

class merge_memory;

/// Who wanted a text that is kept without the recipe of its type (protocol/objects/unknown_object.hpp).
enum class text_origin : uint8_t {
  own,     ///< the user, on one of their instances: it becomes an object when the recipe comes
  foreign, ///< a contact: it stays a text, since nobody asked whether they may bring objects of that type
};

struct kept_texts {
  uint64_t own = 0; ///< how many
  uint64_t own_bytes = 0;
  uint64_t foreign = 0;
  uint64_t foreign_bytes = 0;

  bool any() const {
    return own + foreign > 0;
  }
  friend bool operator==(const kept_texts&, const kept_texts&) = default;
};

class object_source {
public:
  virtual ~object_source() = default;

  virtual const recipe_table& recipes() const = 0;

  /// The text of an object or id object, or the bytes of a small clob; nothing where it is not here.
  virtual std::optional<std::string> read(const hash& name) const = 0;
  /// Objects, id objects, blobs and clobs alike.
  virtual bool contains(const hash& name) const = 0;
  /// Not here, but held by the archive: evicted, or outside the window that was asked for. Counts as known for importer and verify
  /// (docs/protocol/… our extension: docs/chum-extension.md). Storing the object ends it.
  virtual bool elsewhere(const hash& name) const = 0;
  /// The current version node of an id (docs/protocol/01 §5.1).
  virtual std::optional<hash> head(const hash& id) const = 0;
  /// Is `node` the head of `id` or one of its ancestors? A key look-up, not a walk.
  virtual bool in_history(const hash& id, const hash& node) const = 0;
  /// Objects of `type` that refer to `target`, in the order of writing (docs/protocol/01 §6); all entries, not only the latest.
  virtual std::vector<hash> referrers(const hash& target, std::string_view type) const = 0;
  /// The same for id objects (id hashes).
  virtual std::vector<hash> referring_ids(const hash& target, std::string_view type) const = 0;
  /// Is `name` a text of `type` that is kept without a recipe?
  virtual std::optional<text_origin> kept_text(const hash& name, std::string_view type) const = 0;
  virtual protocol::kept_texts kept_texts() const = 0;
};

struct put_result {
  hash name;
  std::optional<hash> id; ///< of versioned objects and id objects
  bool is_new = false;    ///< false: it was there already
};

class object_space : public object_source {
public:
  /// Stores an object or id object text after checking it against its recipe; a versioned one brings its id object along. Heads stay.
  virtual result<put_result> put(std::string_view text) = 0;
  /// As `put` for bytes that are no object (clobs, small blobs).
  virtual result<put_result> put_blob(std::string_view bytes) = 0;
  /// Keeps the text of an object or id object whose type has no recipe here, under its name and without id, versions and indexes; what
  /// `examine_without_recipe` refuses is refused. Where there is a recipe, and the text is the user's own and conforms, the same as `put`.
  virtual result<put_result> keep_text(std::string_view text, text_origin origin) = 0;
  /// Makes `node` the head of `id`. The caller also names every node that thereby becomes history (`docs/protocol/01 §5.2`).
  virtual void set_head(const hash& id, const hash& node, const std::vector<hash>& joined) = 0;
  virtual void mark_elsewhere(const hash& name) = 0;
  /// What merges found out about histories (protocol/versions/merge_memory.hpp); null: each walks them anew.
  virtual merge_memory* remembered() const {
    return nullptr;
  }
};

/// Reads and parses; `not_found`, `unsupported` for a type without a recipe here, or `corrupt` where the text does not parse.
result<object> load(const object_source& from, const hash& name);
/// The data hash of the current version; nothing where there is no head.
std::optional<hash> current_data(const object_source& from, const hash& id);
/// The current version, parsed.
result<object> load_current(const object_source& from, const hash& id);

/// Everything in memory, for tests: the same answers as a store.
class memory_space final : public object_space {
public:
  explicit memory_space(const recipe_table& recipes);
  ~memory_space() override;

  const recipe_table& recipes() const override;
  std::optional<std::string> read(const hash& name) const override;
  bool contains(const hash& name) const override;
  bool elsewhere(const hash& name) const override;
  std::optional<hash> head(const hash& id) const override;
  bool in_history(const hash& id, const hash& node) const override;
  std::vector<hash> referrers(const hash& target, std::string_view type) const override;
  std::vector<hash> referring_ids(const hash& target, std::string_view type) const override;
  std::optional<text_origin> kept_text(const hash& name, std::string_view type) const override;
  protocol::kept_texts kept_texts() const override;
  result<put_result> put(std::string_view text) override;
  result<put_result> put_blob(std::string_view bytes) override;
  result<put_result> keep_text(std::string_view text, text_origin origin) override;
  void set_head(const hash& id, const hash& node, const std::vector<hash>& joined) override;
  void mark_elsewhere(const hash& name) override;
  merge_memory* remembered() const override;

  /// All names, sorted.
  std::vector<hash> names() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace lama::protocol
