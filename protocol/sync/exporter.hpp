#pragma once

#include "protocol/sync/recent.hpp"
#include "protocol/sync/tree_walk.hpp"
#include "protocol/sync/types.hpp"
#include "protocol/sync/wire.hpp"

#include <deque>
#include <optional>
#include <vector>

/// Pushes to one remote person what the change log says and grants allow, and answers pages, fetches and what is to heal (docs/chum-extension.md §3, §5).
///
///     lines ──► jobs ──► tree_walk ──► batch_builder ──► send ──► unacknowledged ──► ack: save_frontier
///
/// Lines are taken in order, one job at a time; the sequence of a batch is that of the last line whose jobs went out entirely.
/// Requests take turns with the push, each with a walk of its own; both share the window.
namespace lama::protocol::sync {

struct exporter_config {
  hash remote_person{};
  position resume;      ///< what the remote has of our store
  std::string store_id; ///< of ours
  bool pushes = true;   ///< false: only an empty batch that says so
  std::size_t entry_window = 0;
  uint64_t blob_limit = 0;
  std::function<bool(std::string_view type)> may_leave;
  std::function<bool(std::string_view id_text)> takes_version;
  std::function<bool(std::string_view type)> gives_back{};
  /// The remote takes texts of types that it may not know: as the user's other instance (`adopt`), or as a contact.
  std::optional<version_mode> texts{};
  /// Objects of types that the user registered go as texts: the remote alone writes them, and takes none; but a text of its own that it lost it does.
  bool registered_as_texts = false;
};

class exporter {
public:
  explicit exporter(exporter_config config);

  /// Works until a batch went out, some hundred steps are done, the window is full, or nothing is left. True: call again soon.
  bool pump(const change_source& source);

  result<done> receive(const ack_frame& x);
  result<done> receive(const page_frame& x);
  result<done> receive(const fetch_frame& x);
  result<done> receive(const heal_frame& x);
  result<done> receive(const skip_frame& x);
  result<done> receive(const restart_frame& x);

  /// The remote sent this itself; it will not be sent back.
  void remote_has(const hash& name);
  void remote_has_version(const hash& id, const hash& data);

  /// The remote has durably what lines up to here say.
  uint64_t acknowledged() const {
    return acknowledged_;
  }
  /// The remote has durably all that it is to have of lines up to here; beyond `acknowledged` stand lines that do not concern it.
  uint64_t held() const {
    return held_;
  }
  /// Grants that could not be served, because something they reach is not here or may not leave.
  uint64_t skipped() const {
    return skipped_;
  }
  std::vector<action> take_actions() {
    return std::exchange(actions_, {});
  }

private:
  /// One root to be pushed: all versions of an id, or one object.
  struct job {
    hash name{};
    bool all_versions = false;
    std::optional<hash> data;     ///< the version that is under way
    std::optional<hash> old_data; ///< the version that the remote has
    std::string edge;
    bool whole_list = false; ///< the remote's window does not cut this channel
  };
  /// What an acknowledgement will say of an id.
  struct sent_version {
    hash id;
    frontier content;
    bool complete = false;
    bool superseded = false; ///< the remote has since brought a version of its own, which is noted already
  };
  struct sent_batch {
    uint64_t number = 0;
    uint64_t sequence = 0;
    std::size_t bytes = 0;
    std::vector<sent_version> versions;
  };
  struct open_request {
    uint32_t number = 0;
    std::variant<page_request, fetch_request, heal_request> what;
    bool prepared = false;
    bool seeking = false;
    std::optional<hash> cursor; ///< the entry that is looked at, or where the page begins
    std::size_t walked = 0;
    bool begun = false;
    std::vector<hash> roots; ///< still to be sent, the last one first
  };

  bool window_full() const;
  void note_held();
  walk_surroundings surroundings(const change_source& source);
  void flush(uint8_t flags);
  void finish_push();

  bool step_push(const change_source& source);
  void take_lines(const change_source& source);
  void handle_line(const change_line& line, const change_source& source);
  void begin_job(const change_source& source);
  bool begin_version(const change_source& source);
  void end_job(tree_walk::state how);
  void note_progress();

  result<done> open(open_request x);
  void step_request(const change_source& source);
  result<done> prepare(open_request& x, const change_source& source);
  result<done> prepare_page(open_request& x, const page_request& page, const change_source& source);
  result<done> prepare_fetch(open_request& x, const fetch_request& fetch, const change_source& source);
  result<done> seek(open_request& x, const change_source& source);
  result<done> begin_answer(open_request& x, const change_source& source);
  result<done> prove(const fetch_request& fetch, const change_source& source);
  result<done> step_answer(open_request& x, const change_source& source);
  result<done> step_healing(open_request& x, const change_source& source);
  void end_answer();
  void refuse(errc code);

  exporter_config config_;
  recent_hashes known_;          ///< the remote has it, or will when it has what was sent
  recent<hash> remote_versions_; ///< id → data, likewise
  recent<hash> places_;          ///< entry → the granted channel it stands in: pages may begin there
  bool trusts_frontiers_ = true;
  bool restart_used_ = false;

  std::deque<change_line> lines_;
  bool resume_checked_ = false;
  uint64_t taken_ = 0;     ///< lines up to here were read
  uint64_t current_ = 0;   ///< the line whose jobs are under way
  uint64_t completed_ = 0; ///< lines up to here went out
  uint64_t told_ = 0;      ///< the sequence of the last batch
  uint64_t acknowledged_ = 0;
  uint64_t held_ = 0;
  bool told_caught_up_ = false;
  uint8_t next_flags_ = 0;
  std::deque<job> jobs_;
  std::optional<job> running_;
  tree_walk push_walk_;
  std::optional<hash> noted_entry_;

  std::deque<open_request> requests_;
  tree_walk answer_walk_;

  batch_builder out_;
  uint32_t out_request_ = 0; ///< whose batch grows
  std::vector<sent_version> out_versions_;
  std::deque<sent_batch> sent_;
  std::size_t sent_bytes_ = 0;
  uint64_t next_number_ = 1;
  uint64_t skipped_ = 0;
  std::vector<action> actions_;
};

} // namespace lama::protocol::sync
