#pragma once

#include "protocol/sync/types.hpp"

#include <nlohmann/json.hpp>

/// The hello and the frames of docs/chum-extension.md §1, §2.
namespace lama::protocol::sync {

inline constexpr int service_hello = 100;
inline constexpr int extension_version = 1;

struct hello {
  int version = extension_version; ///< the highest its sender speaks
  int minimum = extension_version; ///< and the lowest
  std::string store_id;
  position resume; ///< what its sender holds of the receiver's store
  bool imports = true;
  uint32_t entry_window = 0;
  uint64_t blob_limit = 0;
  std::vector<std::string> types{}; ///< beyond the stock ones, which its sender takes from a friend
  bool heals = false;               ///< its sender answers `heal`
  bool texts = false;               ///< its sender keeps texts of types that it does not know
};

nlohmann::json write_hello(const hello& x);
/// From the first argument of service 100. `bad_input`, or `unsupported` where no version is common to both.
result<hello> read_hello(const nlohmann::json& arguments);

enum class frame_type : uint8_t { batch = 1, ack = 2, page = 3, fetch = 4, refused = 5, skip = 6, restart = 7, heal = 8 };

namespace batch_flags {
inline constexpr uint8_t caught_up = 1; ///< nothing is left up to this sequence
inline constexpr uint8_t restarted = 2; ///< the first after a restart
inline constexpr uint8_t last = 4;      ///< the answer to `request` ends here
inline constexpr uint8_t all = 7;
} // namespace batch_flags

struct batch_frame {
  uint64_t number = 0;   ///< from 1, without gaps
  uint64_t sequence = 0; ///< completed
  uint32_t request = 0;  ///< 0: pushed
  uint8_t flags = 0;
  std::vector<item> items;
};
struct ack_frame {
  uint64_t number = 0; ///< this batch and all before it are durable
};
struct page_frame {
  uint32_t request = 0;
  page_request what;
};
struct fetch_frame {
  uint32_t request = 0;
  fetch_request what;
};
struct refused_frame {
  uint32_t request = 0;
  errc code = errc::forbidden;
};
struct skip_frame {
  hash blob;
};
struct restart_frame {};
struct heal_frame {
  uint32_t request = 0;
  heal_request what;
};

using frame = std::variant<batch_frame, ack_frame, page_frame, fetch_frame, refused_frame, skip_frame, restart_frame, heal_frame>;

/// Checks form and limits; items point into `message`.
result<frame> read_frame(std::string_view message);
/// All but batches.
std::string write_frame(const frame& x);

/// A batch as it grows: one buffer, which becomes the message.
class batch_builder {
public:
  void add(item_kind kind, const hash& name, std::string_view bytes = {});
  void add_piece(const hash& name, uint64_t total, uint64_t offset, std::string_view bytes);

  bool empty() const {
    return count_ == 0;
  }
  bool full() const;
  std::string finish(uint64_t number, uint64_t sequence, uint32_t request, uint8_t flags);

private:
  void begin_item(item_kind kind, const hash& name);

  std::string out_;
  uint32_t count_ = 0;
};

} // namespace lama::protocol::sync
