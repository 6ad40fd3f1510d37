#pragma once

#include "protocol/sync/entries.hpp"
#include "protocol/sync/recent.hpp"
#include "protocol/sync/types.hpp"
#include "protocol/sync/wire.hpp"

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// Sends an object with all it reaches that the remote does not have, dependencies first, in steps of about one object each.
/// The stack is its own: a channel is a chain as deep as it has entries (docs/protocol/03 §5.5).
namespace lama::protocol::sync {

/// What a step works with. `known`: the remote has it, or it was sent before in this session.
struct walk_surroundings {
  const change_source& source;
  recent_hashes& known;
  batch_builder& out;
  std::size_t entry_window = 0; ///< newest entries of a list; 0: all
  uint64_t blob_limit = 0;      ///< larger blobs become marks; 0: none
  const std::function<bool(std::string_view type)>& may_leave;
  std::optional<version_mode> texts; ///< exporter_config
  bool registered_as_texts = false;
};

class tree_walk {
public:
  tree_walk();

  enum class state { working, done, failed };

  struct order {
    hash root{};
    reference_kind kind = reference_kind::object;
    /// Newest entry of the list of which the remote has every entry: where both meet, the walk down the new list ends.
    std::optional<hash> known_list{};
    /// The remote may have dropped what it had (pages, fetches): send it all the same.
    bool again = false;
    /// The root is the first entry of a page: this many entries, not the window.
    std::size_t page_entries = 0;
    /// Entries below entries are named only (fetches).
    bool no_lists = false;
    /// The root and nothing below it.
    bool alone = false;
  };

  void start(const order& what);
  void abandon();
  bool active() const {
    return active_;
  }
  state step(walk_surroundings& with);

  /// The newest entry of the outermost list that went out with everything below it.
  const std::optional<hash>& reached_entry() const {
    return reached_entry_;
  }
  /// The oldest entry of that list that goes out: where a page may begin.
  const std::optional<hash>& oldest_entry() const {
    return oldest_entry_;
  }
  /// Why it failed.
  const error& failure() const {
    return failure_;
  }
  /// The remote has this blob: where it is being streamed, stop that.
  void skip_blob(const hash& name, recent_hashes& known);

private:
  struct node {
    hash name;
    item_kind kind;
    std::string text;
    std::vector<reference> references;
    std::optional<hash> id;
    std::size_t next = 0;
    int skipped_field = -1; ///< `previous` of an entry: its list takes care of it
  };
  struct list {
    std::vector<hash> entries; ///< newest first
    std::optional<hash> below; ///< next to look at on the way down
    std::optional<hash> other; ///< the same in the list that the remote has
    std::size_t limit = 0;
    bool descending = true;
    bool outermost = false;
  };
  struct blob {
    hash name;
    uint64_t size = 0;
    uint64_t offset = 0;
  };

  bool seen(const hash& name, walk_surroundings& with);
  void mark_seen(const hash& name, walk_surroundings& with);
  result<done> step_top(walk_surroundings& with);
  result<done> step_node(walk_surroundings& with);
  result<done> step_list(walk_surroundings& with);
  result<done> descend(list& top, walk_surroundings& with);
  result<bool> passes_known(list& top, const entry_links& links, walk_surroundings& with);
  result<done> step_blob(walk_surroundings& with);
  result<done> visit(const hash& name, reference_kind kind, walk_surroundings& with);
  result<done> visit_object(const hash& name, std::string text, walk_surroundings& with);
  result<done> visit_text(const hash& name, std::string text, item_kind kind);
  result<done> visit_blob(const hash& name, uint64_t size, walk_surroundings& with);
  result<done> push_entry(const hash& name, walk_surroundings& with);
  void emit_mark(item_kind kind, const hash& name, walk_surroundings& with);

  order order_;
  bool active_ = false;
  bool begun_ = false;
  std::vector<std::variant<node, list, blob>> stack_;
  recent_hashes sent_again_;
  std::optional<hash> reached_entry_;
  std::optional<hash> oldest_entry_;
  error failure_;
};

} // namespace lama::protocol::sync
