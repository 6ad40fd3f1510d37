#include "protocol/models/search.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace lama::models {

std::string folded(std::string_view text) {
  struct release {
    void operator()(uint8_t* x) const {
      std::free(x); // utf8proc allocates so
    }
  };
  constexpr auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);
  uint8_t* mapped = nullptr;
  auto length = utf8proc_map(reinterpret_cast<const uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()), &mapped, options);
  std::unique_ptr<uint8_t, release> owned{mapped};
  return length < 0 ? std::string{text} : std::string{reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length)};
}

word_search::word_search(std::string_view words) {
  auto all = folded(words);
  for (std::size_t at = 0; at < all.size() && words_.size() < most_search_words;) {
    auto begin = all.find_first_not_of(" \t\r\n", at);
    if (begin == all.npos)
      break;
    auto end = std::min(all.find_first_of(" \t\r\n", begin), all.size());
    words_.push_back(all.substr(begin, end - begin));
    at = end;
  }
}

bool word_search::finds(std::string_view text) const {
  return finds_folded(folded(text));
}

bool word_search::finds_folded(std::string_view text) const {
  return std::ranges::all_of(words_, [text](const std::string& word) { return text.find(word) != text.npos; });
}

} // namespace lama::models
