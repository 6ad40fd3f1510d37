#pragma once

#include <span>
#include <string_view>

namespace lama::app {

/// A file of the page in the program's own memory. Written by apps/pack_page.sh, one row a file.
struct page_entry {
  std::string_view path; ///< "/index.html"
  std::string_view plain;
  std::string_view gzip;   ///< empty where it would not be smaller
  std::string_view brotli; ///< the same, and where there was no brotli when it was built
  std::string_view etag;
};

std::span<const page_entry> page_table();

} // namespace lama::app
