#pragma once

#include "protocol/sync/exporter.hpp"
#include "protocol/sync/recent.hpp"
#include "protocol/sync/types.hpp"
#include "protocol/sync/wire.hpp"

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

/// Takes batches, checks every item, hands them to the host and acknowledges what is durable (docs/chum-extension.md §4).
namespace lama::protocol::sync {

struct importer_config {
  std::string remote_store; ///< id of the exporter's store
  uint64_t sequence = 0;    ///< what is here of it
  version_mode mode = version_mode::merge;
  bool accepts_elsewhere = false;
  const recipe_table* recipes = nullptr;
  admission* policy = nullptr;
  std::function<void(std::string_view recipe_text)> learn{};
  bool keeps_texts = false;
};

class importer {
public:
  /// `own_exporter`: is told what the remote brought, so that it is not sent back; null where there is none.
  importer(importer_config config, exporter* own_exporter);

  /// `message` is what `x` points into.
  result<done> receive(batch_frame x, std::shared_ptr<const std::string> message, const object_source& objects);
  result<done> receive(const refused_frame& x);

  /// The host made this batch and those before it durable.
  result<done> stored(uint64_t number);

  /// `overloaded` where too many are open.
  result<uint32_t> ask(const page_request& what);
  result<uint32_t> ask(const fetch_request& what);
  result<uint32_t> ask(const heal_request& what);
  /// False: it was asked for before.
  bool ask_for_restart();

  std::vector<action> take_actions() {
    return std::exchange(actions_, {});
  }

private:
  struct pending_batch {
    uint64_t number = 0;
    uint64_t sequence = 0;
    uint32_t request = 0;
    uint8_t flags = 0;
  };
  /// A blob that comes in pieces; pushes and answers have one each.
  struct upload {
    bool active = false;
    bool skipping = false; ///< it is here already, or was declined
    hash name{};
    uint64_t total = 0;
    uint64_t offset = 0;
  };
  struct version_of {
    const recipe* type = nullptr;
    hash id{};
    std::string id_text;
  };

  result<done> check_header(const batch_frame& x);
  result<done> check_items(batch_frame& x, std::vector<frontier_note>& brought, const object_source& objects);
  bool decline(const item& x, upload& slot, const error& why);
  result<done> check_item(item& x, upload& slot, std::vector<frontier_note>& brought, const object_source& objects);
  result<done> check_healed(const item& x, upload& slot, const std::unordered_set<hash>& asked, const object_source& objects);
  result<done> check_name(const item& x) const;
  result<object_facts> check_text(const item& x);
  result<done> check_kept_text(item& x, const object_source& objects);
  result<done> check_object(const item& x, const object_source& objects);
  result<done> check_version(const item& x, std::vector<frontier_note>& brought, const object_source& objects);
  result<version_of> version_behind(const hash& data, const object_source& objects);
  result<done> check_blob(const item& x);
  result<done> check_piece(const item& x, upload& slot, const object_source& objects);
  result<done> check_reference(const hash& from, const reference& x, const object_source& objects);
  bool present(const hash& name, const object_source& objects);
  void accept(const hash& name);
  void give_up(const batch_frame& x);
  void finish(const pending_batch& x);
  result<uint32_t> open(frame x, uint32_t number);

  importer_config config_;
  exporter* own_exporter_;
  uint64_t next_number_ = 1;
  uint64_t reached_ = 0;
  bool begun_ = false; ///< a push has come
  bool waiting_for_restart_ = false;
  bool restart_used_ = false;
  recent_hashes present_;  ///< stored here, or handed to the host before this
  recent_hashes missing_;  ///< blobs that the remote could never get
  recent_hashes declined_; ///< the policy refused them, or what they refer to
  recent<version_of> versions_;
  std::array<upload, 2> uploads_;
  std::deque<pending_batch> pending_;
  uint32_t next_request_ = 1;
  std::set<uint32_t> requests_;
  std::map<uint32_t, std::unordered_set<hash>> healing_; ///< names that were asked for because they were lost, by request
  std::vector<action> actions_;
};

} // namespace lama::protocol::sync
