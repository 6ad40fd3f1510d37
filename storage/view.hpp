#pragma once

#include "protocol/objects/object_space.hpp"
#include "storage/database.hpp"
#include "storage/record.hpp"
#include "storage/type_table.hpp"
#include "storage/value_cache.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lama::storage {

struct text_mark; // kept_texts.hpp

/// What snapshot and transaction share: keys and values at one moment, and the questions answered from them.
class view {
public:
  view(std::shared_ptr<database> from, const protocol::recipe_table& recipes, std::shared_ptr<const type_table> types);
  virtual ~view() = default;

  /// Nothing where the key is not there, or cannot be read: then `trouble` says so.
  virtual std::optional<std::string> get(std::string_view key) const = 0;
  /// All entries of a reverse map, in order of keys.
  virtual void scan(std::string_view prefix, const std::function<void(std::string_view value)>& each) const = 0;

  std::optional<stored_record> record(const hash& name) const;
  /// As `record`, but what stands in it whole is what its name says; else nothing, and `trouble`.
  std::optional<stored_record> sound_record(const hash& name) const;
  std::optional<std::string> read(const hash& name) const;
  bool contains(const hash& name) const;
  bool elsewhere(const hash& name) const;
  std::optional<hash> head(const hash& id) const;
  bool in_history(const hash& id, const hash& node) const;
  std::vector<hash> referrers(const hash& target, std::string_view type) const;
  std::vector<hash> referring_ids(const hash& target, std::string_view type) const;
  std::optional<text_mark> text_mark_of(std::string_view type, const hash& name) const;
  std::optional<protocol::text_origin> kept_text(const hash& name, std::string_view type) const;
  protocol::kept_texts kept_texts() const;
  result<std::string> read_range(const hash& name, uint64_t offset, std::size_t length) const;
  /// The data that a version node refers to; nothing where `node` is none, or not here.
  std::optional<hash> data_of(const hash& node) const;

  const protocol::recipe_table& recipes() const {
    return *recipes_;
  }
  const type_table& types() const {
    return *types_;
  }
  const std::shared_ptr<const type_table>& shared_types() const {
    return types_;
  }
  /// The first failure of the disk; what was answered since then may lack something.
  const std::optional<error>& trouble() const {
    return trouble_;
  }
  virtual void note_trouble(error failure) const;

  /// SHA-256 of what is stored, pieces included; another one than the name where it is damaged or a piece is missing.
  hash digest_of(const stored_record& found) const;

protected:
  void forget_trouble() const {
    trouble_.reset();
  }
  /// From the database alone.
  std::optional<std::string> stored(const leveldb::ReadOptions& options, std::string_view key) const;
  /// As of that version, which `options` reads.
  std::optional<std::string> stored(const leveldb::ReadOptions& options, std::string_view key, value_cache& cache, value_cache::version at) const;

  std::shared_ptr<database> database_; ///< null: could not be opened again after a failure
  std::shared_ptr<const type_table> types_;

private:
  std::vector<hash> names_in(std::string_view prefix) const;
  std::optional<std::string> read_chunks(const chunked_content& content, uint64_t offset, std::size_t length) const;

  const protocol::recipe_table* recipes_;
  mutable std::optional<error> trouble_;
};

} // namespace lama::storage
