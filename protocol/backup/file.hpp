#pragma once

#include "protocol/backup/format.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// Writes and reads backup files piece by piece (protocol/backup/format.hpp). Memory: one block, whatever the file holds.
namespace lama::protocol::backup {

/// Takes what is written, in order; an error ends the backup.
using byte_sink = std::function<result<done>(std::string_view)>;
/// Gives the next bytes, at most so many; empty at the end.
using byte_source = std::function<result<std::string>(std::size_t)>;

class writer {
public:
  /// Writes the header. `key` where `description.seal` is given; the seal's stream is filled in.
  static result<writer> begin(header description, const std::optional<key32>& key, byte_sink sink);
  writer(writer&&) noexcept;
  ~writer();

  /// `too_large` for a key or value over the limits.
  result<done> add(std::string_view key, std::string_view value);
  /// The last block. Nothing may follow.
  result<summary> finish(const hash& digest);

private:
  struct state;
  explicit writer(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

/// Gives the key of a sealed file; called only for one.
using unsealer = std::function<result<key32>(const seal_description&)>;

class reader {
public:
  /// Reads the header.
  static result<reader> open(byte_source source);
  reader(reader&&) noexcept;
  reader& operator=(reader&&) noexcept;
  ~reader();

  const header& description() const;
  /// Before the first entry is read; files without a seal need none.
  result<done> unseal(const unsealer& how);

  struct entry {
    std::string_view key; ///< valid until the next call
    std::string_view value;
  };
  /// Nothing at the end, which has been checked then: nothing is missing, nothing follows.
  result<std::optional<entry>> next();
  /// After the end.
  const summary& end() const;

private:
  struct state;
  explicit reader(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

} // namespace lama::protocol::backup
