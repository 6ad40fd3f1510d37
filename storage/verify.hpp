#pragma once

#include "storage/kept_texts.hpp"
#include "storage/states.hpp"

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace lama::storage {

/// Checks a whole store through one snapshot. Memory does not grow with the number of objects: that an index tells of every object
/// once, and of nothing else, follows from ascending sequence numbers and equal counts.
class verification {
public:
  verification(const snapshot::state& from, const std::function<void(uint64_t)>& progress);

  verify_report run();

private:
  void problem(std::string text);
  /// All keys with the prefix; `each(rest of the key, value)`.
  void each_key(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& each);

  void check_records();
  void check_record(const hash& name, std::string_view value);
  void check_text(const hash& name, const stored_record& found);
  void check_reference(const hash& from, const protocol::reference& to);
  void check_lost(const hash& name);
  void check_quarantine();
  void check_chunks();
  void check_log();
  void check_line(uint64_t sequence, const log_line& line);
  void check_type_index();
  void check_reverse_map(char prefix);
  void check_kept_texts();
  void check_kept_text(const std::string& type, const text_mark& mark);
  void check_heads();
  void check_history_node(const hash& id, const hash& node);
  void check_counts();

  /// What is neither here nor known to be elsewhere.
  bool missing(const hash& name) const;

  const snapshot::state& from_;
  const std::function<void(uint64_t)>& progress_;
  verify_report report_;
  totals counted_;
  uint64_t records_ = 0;                            ///< that are here
  std::unordered_map<uint16_t, uint64_t> listed_;   ///< records that the type index must name, by type
  std::unordered_map<uint64_t, uint64_t> storages_; ///< chunks of each large blob, or of an upload, by storage id
  bool given_up_ = false;
};

} // namespace lama::storage
