#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Finding words in texts, as people expect it: case, accents and width do not matter, and every word must occur.
namespace lama::models {

/// Words of one search; more are left out.
inline constexpr std::size_t most_search_words = 16;

class word_search {
public:
  /// Words are what stands between spaces.
  explicit word_search(std::string_view words);

  bool empty() const {
    return words_.empty();
  }
  /// Does each word occur, be it within another?
  bool finds(std::string_view text) const;
  /// The same in a text that is `folded` already.
  bool finds_folded(std::string_view text) const;

private:
  std::vector<std::string> words_;
};

/// Without case, accents and compatible forms. What is not UTF-8 stays as it is.
std::string folded(std::string_view text);

} // namespace lama::models
