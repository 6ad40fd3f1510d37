#pragma once

#include "protocol/versions/version_node.hpp"
#include "storage/states.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace lama::storage {

/// Writes what is sound in one database into an empty one, and everything that follows from the objects anew: reverse maps, type index,
/// counts, missing id objects, heads and history marks, lines of the change log. What is damaged goes into quarantine. Records keep
/// their places in the log, so that what was evicted keeps its places in the indexes. Memory grows with the damage, not with the store.
class rebuild {
public:
  struct outcome {
    std::vector<std::string> told; ///< what was found and done, a line each, the first `limits::verify_problems`
    uint64_t told_count = 0;
    uint64_t lost = 0;        ///< names that are `wanted` in the new database
    bool log_changed = false; ///< lines were lost: sequences mean other lines now
    bool unreadable = false;  ///< pieces of the old files could not be read at all
    uint64_t last_sequence = 0;
  };

  rebuild(std::shared_ptr<database> from, std::shared_ptr<database> to, const store_options& options, const std::function<void(uint64_t)>& progress);

  /// Errors: those of the disk that is written to.
  result<outcome> run();

private:
  /// A database as it stands.
  class whole final : public view {
  public:
    using view::view;
    leveldb::ReadOptions options;
    std::optional<std::string> get(std::string_view key) const override;
    void scan(std::string_view prefix, const std::function<void(std::string_view)>& each) const override;
    void each_key(std::string_view prefix, const std::function<void(std::string_view rest, std::string_view value)>& each) const;
    void know(std::shared_ptr<const type_table> types) {
      types_ = std::move(types);
    }
  };
  /// Lines of the log that could not be read: [first, end).
  struct gap {
    uint64_t first = 0;
    uint64_t end = 0;
  };
  /// What the log would say of a record.
  static log_line line_of(const hash& name, const record_head& head);
  void tell(std::string text);
  void put(std::string_view key, std::string_view value);
  void erase(std::string_view key);
  void flush();
  /// All keys of the old database with the prefix, as far as they can be read.
  void each_old(std::string_view prefix, const std::function<void(std::string_view rest, std::string_view value)>& each);

  void read_types();
  void learn_from_texts();
  void note_number(uint16_t type);
  uint16_t number_of(const std::string& type);
  record_head without_lost_type(record_head head) const;
  void write_types();

  void carry_records();
  void carry_record(const hash& name, std::string_view value);
  void carry_text(const hash& name, stored_record found);
  void keep(const hash& name, const record_head& head, std::string_view payload, uint64_t size);
  void lose(const hash& name, record_head head, std::string_view value);
  void list(const hash& name, const record_head& head);
  void index(const hash& name, const record_head& head, const protocol::object_facts& facts);

  void carry_log();
  void carry_line(uint64_t sequence, const log_line& line);
  std::string without_lost_types(std::string_view value, std::vector<log_line> lines) const;
  void fill_gaps();
  void write_lines(uint64_t first, const std::vector<log_line>& lines);
  void heal_id_objects();
  void append_lines();
  void carry_reverse_maps();
  void carry_heads();
  void mend_versions();
  /// All version nodes that are here, with the id that their data is a version of.
  void each_node(const std::function<void(const hash& id, const protocol::named_version_node& node)>& each);
  bool fits(const hash& id, const hash& node) const;
  void make_heads();
  void mark_history(const hash& id, std::vector<hash> waiting);
  void look_at_kept_texts();
  void name_what_is_missing();
  void carry_notes();
  void join_type_lists();
  void write_counts();

  const std::function<void(uint64_t)>& progress_;
  store_options options_;
  protocol::recipe_table recipes_; ///< with those that were registered in this store
  whole old_;
  whole new_;
  std::shared_ptr<database> to_;
  leveldb::WriteBatch batch_;
  std::size_t batch_bytes_ = 0;
  std::optional<error> failure_;

  std::map<uint16_t, std::string> types_;
  std::map<std::string, uint16_t, std::less<>> numbers_;
  std::set<uint16_t> nameless_; ///< numbers in use of which neither the table of types nor a text says the name
  totals counts_;
  uint64_t records_ = 0;
  uint64_t last_possible_ = UINT64_MAX; ///< as the old counts say: a record that claims a later line has a damaged head
  uint64_t last_record_ = 0;            ///< the greatest sequence of a record, and what it is
  log_line last_line_;
  std::map<hash, protocol::reference_kind> missing_; ///< what is referred to, and has no record
  std::map<hash, std::string> id_texts_;             ///< of id objects that are damaged or missing, from their versions
  std::vector<gap> gaps_;
  uint64_t next_line_ = 1;
  std::vector<log_line> appended_;
  outcome outcome_;
};

} // namespace lama::storage
