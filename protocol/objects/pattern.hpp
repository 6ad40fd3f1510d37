#pragma once

#include "protocol/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lama::protocol {

/// A regular expression of a recipe (ECMAScript without flags; docs/protocol/01 §4), run without backtracking or recursion: time is linear in the
/// text, whatever the expression. What that cannot do (look-around, back references, word boundaries) is refused; no shipped recipe has it.
class text_pattern {
public:
  /// `unsupported` for what is beyond us, `bad_input` for what is no expression, `too_large` beyond limits::pattern_steps.
  static result<std::shared_ptr<const text_pattern>> compile(std::string_view source);

  /// Does it match somewhere in `text` (UTF-8 or WTF-8)? False for texts over limits::pattern_text_bytes.
  bool found_in(std::string_view text) const;

  /// A set of UTF-16 code units.
  struct unit_set {
    std::array<bool, 128> ascii{};
    std::vector<std::pair<uint16_t, uint16_t>> others; ///< inclusive ranges from 128 on

    void add(uint16_t first, uint16_t last);
    bool contains(uint16_t unit) const;
    unit_set complement() const;
  };

  struct step {
    enum class kind : uint8_t { unit, fork, jump, at_start, at_end, found } what;
    uint32_t first = 0;  ///< unit: index of the set; fork, jump: where to
    uint32_t second = 0; ///< fork: the other way
  };

private:
  enum class shortcut : uint8_t { none, exactly, hex_pairs, run };

  bool run(std::string_view text) const;

  shortcut shortcut_ = shortcut::none;
  std::string literal_;    ///< exactly
  std::size_t length_ = 0; ///< run: so many units of sets_[0] from start to end
  bool anchored_ = false;  ///< can match at the start only
  std::vector<unit_set> sets_;
  std::vector<step> steps_;

  friend class pattern_compiler;
};

} // namespace lama::protocol
