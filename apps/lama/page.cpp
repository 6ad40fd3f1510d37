#include "apps/lama/page.hpp"

#include "apps/lama/page_table.hpp"
#include "net/http_rules.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace lama::app {

namespace {

constexpr std::array<std::pair<std::string_view, const char*>, 14> media_types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".jpg", "image/jpeg"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".map", "application/json"},
    {".wasm", "application/wasm"},
}};

std::string media_type_of(std::string_view path) {
  auto found = std::ranges::find_if(media_types, [path](const auto& x) { return path.ends_with(x.first); });
  return found == media_types.end() ? "application/octet-stream" : found->second;
}

const page_entry* entry_of(std::string_view path) {
  auto all = page_table();
  auto found = std::ranges::find(all, path, &page_entry::path);
  return found == all.end() ? nullptr : &*found;
}

/// The path belongs to the page's own addresses, such as /settings: it has no file's ending.
bool is_view(std::string_view path) {
  return path.substr(path.rfind('/')).find('.') == path.npos && !path.starts_with("/assets/");
}

constexpr std::string_view not_built = "This node was built without its page (no Node.js was there). Its programs work: lama --help.\n"
                                       "To have the page: install nodejs and npm, then bash apps/run.sh\n";

} // namespace

std::optional<net::static_file> page_file(const std::string& path, const std::string& encodings) {
  const auto* entry = entry_of(path == "/" ? "/index.html" : std::string_view{path});
  if (!entry && is_view(path))
    entry = entry_of("/index.html");
  if (!entry && path == "/")
    return net::static_file{"text/plain; charset=utf-8", std::make_shared<const std::string>(not_built), {}, {}, false};
  if (!entry)
    return std::nullopt;
  auto bytes = entry->plain;
  std::string encoding;
  if (!entry->brotli.empty() && net::accepts_encoding(encodings, "br")) {
    bytes = entry->brotli;
    encoding = "br";
  } else if (!entry->gzip.empty() && net::accepts_encoding(encodings, "gzip")) {
    bytes = entry->gzip;
    encoding = "gzip";
  }
  std::string etag{'"'};
  etag.append(entry->etag).append(encoding).append("\"");
  return net::static_file{media_type_of(entry->path), std::make_shared<const std::string>(bytes), std::move(etag), std::move(encoding),
                          entry->path.starts_with("/assets/")};
}

bool has_page() {
  return entry_of("/index.html") != nullptr;
}

std::string login_url(const std::string& ipc_url, const std::string& token) {
  return ipc_url + "/#token=" + token;
}

} // namespace lama::app
